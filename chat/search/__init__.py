"""Full-text search over one person's conversations: FTS5 on SQLite, a GIN index on PostgreSQL, one interface."""

from django.db import connections

from chat.models import SearchEntry
from chat.search import meaning, postgres, sqlite
from chat.search.find import Found, Hit, find

__all__ = ["Found", "Hit", "find", "make", "unhook"]


def make(using: str) -> None:
    """Index, or table and triggers, where they are missing. Nothing while the chat's own tables are not there."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if SearchEntry._meta.db_table in connection.introspection.table_names(cursor):
            (postgres if connection.vendor == "postgresql" else sqlite).make(cursor)
            meaning.make(using, cursor)


def unhook(using: str) -> None:
    """Takes away what keeps SQLite from changing the chat's tables; :func:`make` brings it back."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            sqlite.unhook(cursor)
            meaning.unhook(cursor)
