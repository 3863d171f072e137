from django.urls import path

from meatlizard.health.status import views

urlpatterns = [
    path("", views.status, name="status"),
    path("<str:name>", views.beside, name="status-beside"),
]
