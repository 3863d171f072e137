"""The bytes of files: what is short and text stands in the row, all else lies in the storage."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from meatlizard.errors import NotFound
from paste.models import File

INLINE = 65_536
"""Bytes of text that stand in the database. Up to here one query brings a paste whole; beyond it the database's cache and backups
would be made of what hardly anybody reads."""

PIECE = 262_144
BINARY = "binary"
"""The format of what is no text."""

MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as it comes in. ``format`` empty: to be guessed."""

    name: str
    data: bytes
    format: str = ""


def decoded(data: bytes) -> str | None:
    """The text of ``data``, or None for what is none. Databases take no NUL, and no text has one."""
    if b"\x00" in data:
        return None
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


def row(draft: Draft, position: int, format: str, text: str | None) -> File:
    """Not saved, and without its paste. What is ``stored`` is to be put there by :func:`store`."""
    inline = text is not None and len(draft.data) <= INLINE
    return File(
        position=position, name=draft.name, format=format, size=len(draft.data), lines=_lines(draft.data),
        sha256=hashlib.sha256(draft.data).hexdigest(), text=(text or "") if inline else "", stored=not inline,
        created=timezone.now(),
    )  # fmt: skip


def store(file: File, data: bytes) -> None:
    stored = default_storage.save(file.storage_name, ContentFile(data))
    if stored != file.storage_name:
        # Names are random: a second one of that name is no accident.
        default_storage.delete(stored)
        raise OSError("the storage has a file of this name already")


def read(file: File) -> bytes:
    """All of it. Raises NotFound where the storage has lost it."""
    if not file.stored:
        return file.text.encode()
    with opened(file) as handle:
        return handle.read()


def text_of(file: File) -> str:
    """Its text; what is none with a sign in the place of each byte that is no letter."""
    return file.text if not file.stored else read(file).decode(errors="replace").removeprefix("\ufeff")


def opened(file: File) -> IO[bytes]:
    try:
        return default_storage.open(file.storage_name)
    except FileNotFoundError:
        raise NotFound(str(_("This file is gone.")), code="no_such_file") from None


def delete(files: Iterable[File]) -> None:
    for file in files:
        if file.stored:
            default_storage.delete(file.storage_name)


def _lines(data: bytes) -> int:
    return data.count(b"\n") + (1 if data and not data.endswith(b"\n") else 0)
