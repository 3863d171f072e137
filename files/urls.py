"""Pages of files, below ``/files/``."""

from django.urls import path

from files.asgi.refusals import behind
from files.views import library

app_name = "files"

urlpatterns = [
    path("", library.index, name="library"),
    path("<uuid:file>/content/<str:name>", behind, name="content"),
]
