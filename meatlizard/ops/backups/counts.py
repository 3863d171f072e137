"""What is in a copy of a database, so that a restored one can be compared."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from meatlizard.ops.backups.trouble import Damaged

Ask = Callable[[str], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by table, and the migrations that were applied."""

    rows: dict[str, int]
    migrations: list[str]

    def compare(self, found: "Counts") -> None:
        wrong = sorted(name for name in {*self.rows, *found.rows} if self.rows.get(name) != found.rows.get(name))
        if wrong:
            raise Damaged(f"Restored on trial, the table {wrong[0]} has not the rows that the manifest says.")
        if self.migrations != found.migrations:
            raise Damaged("Restored on trial, the migrations are not those that the manifest says.")


def count(ask: Ask, tables: Iterable[str]) -> Counts:
    """``ask`` runs a query; ``tables`` are names that the database itself has given."""
    rows = {}
    for name in sorted(tables):
        quoted = name.replace('"', '""')
        rows[name] = next(iter(ask(f'SELECT count(*) FROM "{quoted}"')))[0]  # noqa: S608
    migrations = []
    if "django_migrations" in rows:
        migrations = [
            f"{app}.{name}" for app, name in ask("SELECT app, name FROM django_migrations ORDER BY app, name")
        ]
    return Counts(rows, migrations)
