"""What is asked of a place for contents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """What lies under a name, and since when."""

    name: str
    size: int
    changed: datetime


class Place(Protocol):
    """All raise what :mod:`files.blobs.trouble` has, and FileNotFoundError for what is not there. All may take long."""

    name: str

    def put(self, source: Path, name: str) -> None:
        """The content of ``source`` under ``name``, whole or not at all, and safe from a power cut when this returns. ``source``, whose
        bytes are on the disk already, stays. Whatever lay there before is replaced: it was the same content."""

    def open(self, name: str) -> IO[bytes]:
        """To read and seek in."""

    def look(self, name: str) -> Found: ...

    def delete(self, name: str) -> None:
        """Nothing happens when it is gone."""

    def names(self, folder: str) -> Iterator[Found]:
        """All below ``folder`` (with a slash at its end), however many, in order of names."""

    def path(self, name: str) -> Path | None:
        """On a disk of this machine."""

    def presigned(self, name: str, seconds: int, disposition: str, media_type: str) -> str | None:
        """An address for a browser, where the place gives such."""

    def tidy(self, before: datetime) -> None:
        """Gives up what was begun to be put here and left before then."""
