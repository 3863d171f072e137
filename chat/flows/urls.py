from django.urls import path

from chat.flows import views

urlpatterns = [
    path("<uuid:conversation>/flow/", views.flow, name="flow"),
    path("<uuid:conversation>/flow/skip/", views.skip, name="flow-skip"),
]
