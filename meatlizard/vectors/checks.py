"""What a site searches by meaning with, where that is less than it could be."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, connection

from meatlizard.vectors import pgvector


@register(Tags.database)
def index(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Run by ``migrate`` and by ``check --database default``."""
    if not databases or "default" not in databases:
        return []
    if connection.vendor == "postgresql":
        return _postgres()
    connection.ensure_connection()
    if getattr(connection, "has_sqlite_vec", False):
        return []
    return [
        Warning(
            "SQLite cannot load sqlite-vec in this Python; vectors are compared by Python, at half the speed.",
            hint="Nothing has to be done below some ten thousand messages. Otherwise use a Python that was built with "
            "--enable-loadable-sqlite-extensions, as Debian's and Homebrew's are.",
            id="meatlizard.W030",
        )
    ]


def _postgres() -> list[CheckMessage]:
    try:
        if pgvector.available() and pgvector.exists():
            return []
    except DatabaseError:
        return []
    return [
        Warning(
            "PostgreSQL has no pgvector of version 0.8 or newer that this site may use; all vectors of an owner are compared.",
            hint="Install it on the server (package postgresql-NN-pgvector), then run manage.py migrate. docs/DEPLOYMENT.md says more.",
            id="meatlizard.W031",
        )
    ]
