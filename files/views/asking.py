"""What requests to the library say, and how they are answered: a page for people, JSON for the page's own script."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from files.access import access_folder
from files.library.selection import Selection, access_selection, named
from files.models import Folder
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import NotFound

ROOT = "root"
"""As a target: outside of all folders."""


def chosen(request: UserRequest, *, trashed: bool = False) -> Selection:
    """``only``, of a button beside one entry, goes before the ``items`` that are ticked."""
    folders, files = named(request.POST.getlist("only") or request.POST.getlist("items"))
    return access_selection(request.user, folders, files, trashed=trashed)


def items_of(selection: Selection) -> str:
    return ",".join([f"folder:{key}" for key in selection.folder_keys] + [f"file:{key}" for key in selection.file_keys])


def folder_named(viewer: Any, text: str) -> Folder | None:
    """None outside of all folders. Raises NotFound, also for one in the trash."""
    if text in ("", ROOT):
        return None
    row = access_folder(viewer, text)
    if row.trashed is not None:
        raise NotFound(code="no_such_folder")
    return row


def page_number(request: HttpRequest) -> int:
    said = request.GET.get("page", "1")[:6]
    return int(said) if said.isdecimal() else 1


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def done(request: HttpRequest, words: str, *, undo: str = "", **more: Any) -> HttpResponse:
    """Says what was done, and offers to undo it under the name ``undo``."""
    if wants_json(request):
        return JsonResponse({"message": words, "undo": undo, **more})
    messages.success(request, words)
    return redirect(back(request) + (f"?{urlencode({'undo': undo})}" if undo else ""))


def back(request: HttpRequest) -> str:
    """The page of files that the form stood on, without its query when that would offer to undo again."""
    place = request.POST.get("next", "").partition("?")[0]
    try:
        found = resolve(place)
    except Resolver404:
        return reverse("files:library")
    return place if found.app_name == "files" and place.startswith("/files/") else reverse("files:library")


def key_of(folder: Folder | None) -> UUID | None:
    return folder.pk if folder else None
