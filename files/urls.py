"""Pages of files, below ``/files/``."""

from django.urls import path

from files.views import library

app_name = "files"

urlpatterns = [
    path("", library.index, name="library"),
]
