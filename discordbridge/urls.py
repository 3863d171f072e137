"""Pages about what happened on Discord."""

from django.urls import path

from discordbridge import views

app_name = "discord"

urlpatterns = [
    path("link/", views.link, name="link"),
    path("transcripts/<uuid:transcript>/", views.transcript, name="transcript"),
    path("transcripts/<uuid:transcript>/<int:attached>/", views.transcript_file, name="transcript-file"),
]
