"""Addresses of sealed pastes, at the root of the site."""

from django.urls import path

from paste.sealed import views

app_name = "sealed"

urlpatterns = [
    path("sealed/", views.sealed, name="sealed"),
    path("sealed/open/", views.open_proved, name="open"),
    path("sealed/part/", views.part, name="part"),
    path("sealed/ready/", views.ready, name="ready"),
]
