from django.urls import path

from chat.tools import views

urlpatterns = [
    path("<uuid:conversation>/tools/", views.tools, name="tools"),
    path("zone/", views.zone, name="zone"),
]
