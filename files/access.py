"""The doors to what people have here. A stranger gets the same answer as for what does not exist."""

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from files.models import File, Folder, Version
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


def files_of(viewer: User) -> "QuerySet[File]":
    """One's own, those in the trash too."""
    return File.objects.select_related("blob").filter(owner=viewer.pk)


def folders_of(viewer: User) -> "QuerySet[Folder]":
    return Folder.objects.filter(owner=viewer.pk)


def access_file(viewer: User | AnonymousUser, file: uuid.UUID | str) -> File:
    """One's own file, in the trash or not, with its blob."""
    row = File.objects.select_related("blob", "folder").filter(pk=_key(file), owner=viewer.pk).first()
    if row is None:
        raise NotFound(_("This file does not exist, or is not yours."), code="no_such_file")
    return row


def access_folder(viewer: User | AnonymousUser, folder: uuid.UUID | str) -> Folder:
    row = Folder.objects.select_related("parent").filter(pk=_key(folder), owner=viewer.pk).first()
    if row is None:
        raise NotFound(_("This folder does not exist, or is not yours."), code="no_such_folder")
    return row


def access_version(viewer: User | AnonymousUser, file: uuid.UUID | str, number: int) -> Version:
    row = Version.objects.select_related("blob", "file").filter(file=access_file(viewer, file), number=number).first()
    if row is None:
        raise NotFound(_("This file has no such version."), code="no_such_version")
    return row


def _key(text: uuid.UUID | str) -> uuid.UUID:
    if isinstance(text, uuid.UUID):
        return text
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None
