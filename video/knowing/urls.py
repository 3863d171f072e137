"""Part of ``video:``."""

from django.urls import path

from video.knowing import views

urlpatterns = [
    path("v/<slug:slug>/ask/", views.ask, name="ask"),
    path("v/<slug:slug>/ask/<uuid:asked>/", views.answer, name="answer"),
    path("v/<slug:slug>/ask/<uuid:asked>/accept/", views.accept, name="accept"),
]
