"""Addresses of comparisons; included below ``/chat/``."""

from django.urls import path

from chat.comparing import views

urlpatterns = [path("message/<uuid:message>/keep/", views.keep, name="keep-answer")]
