"""The files of transcripts in the storage: sealed under the operator's first key where there is one, and opened under any."""

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, NamedTuple

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext

from chat.models import Transcript
from meatlizard.errors import NotFound, Unavailable
from meatlizard.security.sealed import Unopened
from meatlizard.security.sealed_files import mark_of, sealing, unsealed

log = logging.getLogger(__name__)

IN_MEMORY = 4_000_000
PIECE = 262_144


class Stored(NamedTuple):
    """Before sealing."""

    size: int
    sha256: str


def key_in_use() -> tuple[bytes | None, str]:
    """The key that seals, and its mark."""
    key = settings.TRANSCRIPT_KEYS[0] if settings.TRANSCRIPT_KEYS else None
    return key, mark_of(key).hex() if key else ""


def put(row: Transcript, edition: int, part: str, pieces: Iterable[bytes], key: bytes | None) -> Stored:
    """Writes a part; what lies on the machine's disk meanwhile is sealed, too."""
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece

    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        for piece in sealing(counted(), key, _context(row, part)) if key else counted():
            spool.write(piece)
        spool.seek(0)
        default_storage.save(row.file_name(part, edition), File(spool))
    return Stored(size, digest.hexdigest())


def opened(row: Transcript, part: str) -> IO[bytes]:
    """Raises NotFound where it is gone, Unavailable where no key opens it."""
    try:
        file: IO[bytes] = default_storage.open(row.file_name(part))
    except FileNotFoundError:
        raise NotFound(gettext("This file is not kept any more.")) from None
    if not row.key:
        return file
    try:
        return unsealed(file, settings.TRANSCRIPT_KEYS, _context(row, part))
    except Unopened:
        file.close()
        log.exception("transcript.not_opened", extra={"transcript": str(row.pk), "part": part, "key": row.key})
        raise Unavailable(
            gettext("This transcript is sealed under a key that the site does not have, or was changed."), code="sealed"
        ) from None


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


def remove_edition(folder: str, edition: int) -> None:
    _remove(f"{folder}/{edition}")


def remove_all(folder: str) -> None:
    """Every edition, also of attempts that were killed."""
    editions, _ = _listed(folder)
    for edition in editions:
        _remove(f"{folder}/{edition}")
    _remove_folder(folder)


def _remove(folder: str) -> None:
    for name in _listed(folder)[1]:
        default_storage.delete(f"{folder}/{name}")
    _remove_folder(folder)


def _remove_folder(folder: str) -> None:
    # A disk keeps empty folders, a bucket has none. One that is written into just now stays.
    with suppress(OSError):
        default_storage.delete(folder)


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def _context(row: Transcript, part: str) -> str:
    return f"transcript {row.pk} {part}"
