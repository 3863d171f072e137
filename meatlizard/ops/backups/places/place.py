"""What is asked of a place for backups."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies under a name, and since when."""

    name: str
    size: int
    changed: datetime


class Place(Protocol):
    """Names are ``folder/folder/name``. All raise OSError or BackupFailed, and FileNotFoundError for what is not there."""

    @property
    def label(self) -> str:
        """As an operator names it."""

    def writing(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """What is written is there under ``name`` when the block ends, whole; not at all when it ends with an error."""

    def reading(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """From its beginning to its end, once."""

    def names(self, folder: str) -> Iterator[Lying]:
        """All below ``folder``, which ends with a slash, in no order."""

    def delete(self, name: str) -> None:
        """Nothing happens when it is gone."""

    def settle(self) -> None:
        """What was written until now survives a power cut when this returns."""

    def tidy(self, before: datetime) -> None:
        """Gives up what was begun to be written, and left, before then."""
