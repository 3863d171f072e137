"""Where the parts of a library are on the site."""

from django.urls import NoReverseMatch, reverse

from files.models import File
from files.serving import addresses as serving


def content(file: File, *, version: int | None = None) -> str:
    """Where it is downloaded."""
    return serving.content(file.pk, file.name, number=version, save=True)


def page(file: File) -> str:
    try:
        return reverse("files:file", args=[file.pk])
    except NoReverseMatch:
        return details(file)


def details(file: File) -> str:
    return reverse("files:details", args=[file.pk])


def place(folder: object) -> str:
    """The list of a folder by its key; without one of what lies in none."""
    return reverse("files:folder", args=[folder]) if folder else reverse("files:library")
