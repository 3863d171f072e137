"""Where the parts of a library are on the site."""

from urllib.parse import quote

from django.urls import NoReverseMatch, reverse

from files.models import File


def content(file: File, *, version: int | None = None, download: bool = True) -> str:
    """Its bytes, which are served ahead of Django's addresses."""
    asks = [*(["download"] if download else []), *([f"version={version}"] if version is not None else [])]
    return f"/files/{file.pk}/content/{quote(file.name, safe='')}" + (f"?{'&'.join(asks)}" if asks else "")


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
