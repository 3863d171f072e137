"""Addresses of reports; included below ``/chat/``."""

from django.urls import path

from chat.moderating import views

urlpatterns = [
    path("message/<uuid:message>/report/", views.report_message, name="report"),
    path("shared/<str:token>/report/", views.report_share, name="report_share"),
]
