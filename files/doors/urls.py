"""Addresses of the other ways in, below ``/files/`` and in its namespace."""

from django.urls import path

from files.asgi.refusals import behind
from files.views import fetches, programs

urlpatterns = [
    path("before/", programs.before, name="before"),
    path("programs/", programs.programs, name="programs"),
    path("fetches/", fetches.fetches, name="fetches"),
    path("fetches/<uuid:fetch>/cancel/", fetches.cancel, name="cancel_fetch"),
    # Answered ahead of Django, but for those who look instead of sending.
    path("form/", behind, name="form"),
    path("put/<path:path>", behind, name="put"),
]
