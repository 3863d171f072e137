"""The two kinds of database, as far as backups see them."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from django.db import connection

from meatlizard.ops.backups import postgres, sqlite
from meatlizard.ops.backups.copying import Copying
from meatlizard.ops.backups.counts import Counts


class Kind(Protocol):
    """``part``: the name of its copy in a file of its own."""

    part: str

    def alone(self, settings: dict[str, Any]) -> AbstractContextManager[bool]:
        """Whether no other machine that has this database makes or restores a backup; none can begin until the block ends."""

    def copying(self, settings: dict[str, Any], scratch: Path) -> AbstractContextManager[Copying]:
        """One consistent copy, as a stream, and what is in it. Leaving the block raises BackupFailed when the stream was not whole."""

    def try_out(self, settings: dict[str, Any], copy: Path, expected: Counts) -> str:
        """Restores the copy into a scratch place. What was not proved, in words; empty when all was. Raises Damaged."""

    def replace(self, settings: dict[str, Any], copy: Path) -> None:
        """All of the site's database by the copy, in one go."""


KINDS: dict[str, Kind] = {"sqlite": sqlite.Sqlite(), "postgresql": postgres.Postgres()}


def present() -> Kind:
    return KINDS[connection.vendor]
