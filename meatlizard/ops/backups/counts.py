"""What is in a copy of a database, so that a restored one can be compared."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from meatlizard.ops.backups.trouble import Damaged

Ask = Callable[[str], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by table, the migrations that were applied, and a sum over the contents of each table, whatever the order of its rows; sums of
    two kinds of database cannot be compared, and old backups have none."""

    rows: dict[str, int]
    migrations: list[str]
    sums: dict[str, str] = field(default_factory=dict)

    def compare(self, found: "Counts") -> None:
        wrong = sorted(name for name in {*self.rows, *found.rows} if self.rows.get(name) != found.rows.get(name))
        if wrong:
            raise Damaged(f"Restored on trial, the table {wrong[0]} has not the rows that the manifest says.")
        if self.migrations != found.migrations:
            raise Damaged("Restored on trial, the migrations are not those that the manifest says.")
        other = sorted(name for name, value in self.sums.items() if found.sums.get(name) != value)
        if other:
            raise Damaged(
                f"Restored on trial, the rows of the table {other[0]} have not the contents that the manifest says."
            )


def count(ask: Ask, tables: Iterable[str], look: Callable[[str], tuple[int, str]]) -> Counts:
    """``ask`` runs a query; ``tables`` are names that the database itself has given; ``look`` tells rows and sum of one, whose name comes
    quoted."""
    rows, sums = dict[str, int](), dict[str, str]()
    for name in sorted(tables):
        quoted = name.replace('"', '""')
        rows[name], sums[name] = look(f'"{quoted}"')
    migrations = []
    if "django_migrations" in rows:
        migrations = [
            f"{app}.{name}" for app, name in ask("SELECT app, name FROM django_migrations ORDER BY app, name")
        ]
    return Counts(rows, migrations, sums)
