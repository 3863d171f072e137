"""Addresses of transcripts; included below ``/chat/``."""

from django.urls import path

from chat.transcripts import views

urlpatterns = [
    path("transcripts/", views.transcripts, name="transcripts"),
    path("transcripts/link/<str:signed>/", views.linked, name="transcript-link"),
    path("transcripts/link/<str:signed>/<str:kind>/", views.linked_part, name="transcript-link-part"),
    path("transcripts/links/<uuid:link>/revoke/", views.revoke, name="transcript-revoke"),
    path("transcripts/<uuid:transcript>/", views.transcript, name="transcript"),
    path("transcripts/<uuid:transcript>/delete/", views.delete, name="transcript-delete"),
    path("transcripts/<uuid:transcript>/<str:kind>/", views.part, name="transcript-part"),
]
