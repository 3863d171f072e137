"""Addresses of ratings; included below ``/chat/``."""

from django.urls import path

from chat.rating import views

urlpatterns = [path("message/<uuid:message>/rating/", views.rating, name="rating")]
