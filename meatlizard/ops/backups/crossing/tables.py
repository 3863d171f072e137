"""The tables as they stood when a backup was made, made anew in an empty database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import load_backend

from meatlizard.ops.backups import contents
from meatlizard.ops.backups.trouble import BackupFailed


@dataclass(frozen=True, slots=True)
class Table:
    """``columns``: what PostgreSQL calls the type of each. ``counted``: the column that a counter fills, if any."""

    name: str
    columns: dict[str, str]
    counted: str


@contextmanager
def standing_in(settings: dict[str, Any]) -> Iterator[None]:
    """Within, in this thread, the site's database is another: migrations know no other than that."""
    former = connections["default"]
    former.close()
    # The pool would be that of the site's own database.
    options = {name: value for name, value in settings.get("OPTIONS", {}).items() if name != "pool"}
    connections["default"] = load_backend(settings["ENGINE"]).DatabaseWrapper(
        {**settings, "OPTIONS": options}, "default"
    )
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = former


def make(migrations: list[str]) -> None:
    """In the present, empty database, up to these and no further."""
    executor = MigrationExecutor(connection)
    executor.migrate(_targets(migrations))
    applied = sorted(f"{app}.{name}" for app, name in executor.recorder.applied_migrations())
    if applied != sorted(migrations):
        other = min(set(applied) ^ set(migrations))
        raise BackupFailed(
            f"The tables of this backup cannot be made in the other kind of database: the migration {other} is in the way. Restore it into"
            " its own kind, and bring that up to date first.",
            code="cannot_cross",
        )


def of(migrations: list[str]) -> list[Table]:
    """Without those that the database fills by itself."""
    loader = MigrationLoader(None)
    state = loader.project_state([node for node in _targets(migrations) if node in loader.graph.nodes])
    server = load_backend("django.db.backends.postgresql").DatabaseWrapper(
        {"NAME": "x", "OPTIONS": {}, "TIME_ZONE": None, "CONN_MAX_AGE": 0}, "crossing"
    )
    found = {}
    for model in state.apps.get_models(include_auto_created=True):
        options = model._meta
        if not options.managed or options.proxy or options.db_table in contents.indexes():
            continue
        columns = {str(field.column): str(field.db_type(server)) for field in options.concrete_fields}
        counted = next(
            (str(field.column) for field in options.concrete_fields if field.get_internal_type().endswith("AutoField")),
            "",
        )
        found[options.db_table] = Table(options.db_table, columns, counted)
    return [found[name] for name in sorted(found)]


def _targets(migrations: list[str]) -> list[tuple[str, str]]:
    """The last of each app."""
    loader = MigrationLoader(None)
    applied = {(app, name) for app, _dot, name in (one.partition(".") for one in migrations)}
    followed = {
        parent
        for node in applied
        if node in loader.disk_migrations
        for parent in loader.disk_migrations[node].dependencies
        if parent[0] == node[0]
    }
    return sorted(applied - followed)
