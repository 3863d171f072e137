"""Pages of videos: lists below ``/videos/``, one video below ``/v/``. Each part has a module of its own, in one name space: ``video:upload``."""

from django.urls import include, path

app_name = "video"

PARTS: tuple[str, ...] = (
    "embedding",
    "uploading",
    "reporting",
    "importing",
    "watching",
    "playlists",
    "comments",
    "captions",
    "library",
    "downloads",
    "knowing",
)
"""Packages of this app with a module ``urls``, which has no name space of its own."""

urlpatterns = [path("", include(f"video.{part}.urls")) for part in PARTS]
