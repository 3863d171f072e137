"""Addresses of notices; included below ``/chat/``."""

from django.urls import path

from chat.telling import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/stop/<str:token>/", views.stop, name="notices-stop"),
]
