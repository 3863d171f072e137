"""The two kinds of database, as far as backups see them."""

from pathlib import Path
from typing import Any, Protocol

from django.db import connection

from meatlizard.ops.backups import postgres, sqlite
from meatlizard.ops.backups.counts import Counts


class Kind(Protocol):
    """``part``: its name in a set."""

    part: str

    def copy(self, settings: dict[str, Any], to: Path) -> Counts:
        """One consistent copy, and what is in it."""

    def try_out(self, settings: dict[str, Any], copy: Path, expected: Counts) -> str:
        """Restores the copy into a scratch place. What was not proved, in words; empty when all was. Raises Damaged."""

    def replace(self, settings: dict[str, Any], copy: Path) -> None:
        """All of the site's database by the copy, in one go."""


KINDS: dict[str, Kind] = {"sqlite": sqlite.Sqlite(), "postgresql": postgres.Postgres()}


def present() -> Kind:
    return KINDS[connection.vendor]
