"""Tables are emptied after each test that commits: those that hold something, and nothing is made anew that is there still.

Django empties all of them, and then has every app make its permissions, content types and search indexes again. For two thousand tests
that is minutes. It is done here still where a test has changed tables, triggers or permissions.
"""

from collections.abc import Callable

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = frozenset({"django_content_type", "auth_permission"})
"""Made from the models, and the same for all tests."""

_SHAPE = {
    "sqlite": "SELECT schema_version FROM pragma_schema_version",
    "postgresql": "SELECT (SELECT sum(oid::bigint) FROM pg_class WHERE relkind IN ('r', 'i')), (SELECT sum(oid::bigint) FROM pg_trigger)",
}
"""What changes with tables, indexes and triggers."""

_by_django: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
_shape: tuple[object, ...] | None = None
_tables: list[str] = []


def quickly() -> None:
    """From now on."""
    TransactionTestCase._fixture_teardown = _teardown  # type: ignore[attr-defined]


def _teardown(case: TransactionTestCase) -> None:
    global _shape, _tables
    connection = connections["default"]
    forget_audit(connection)
    usual = case.available_apps is None and not case.serialized_rollback
    if usual and _shape is not None and _looked_at(connection) == _shape:
        empty(connection, _tables)
        return
    _by_django(case)
    _tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    _shape = _looked_at(connection)


def _looked_at(connection: BaseDatabaseWrapper) -> tuple[object, ...]:
    counted = ", ".join(f"(SELECT count(*) FROM {table})" for table in sorted(KEPT))
    with connection.cursor() as cursor:
        found: list[object] = []
        for query in (_SHAPE[connection.vendor], f"SELECT {counted}"):
            cursor.execute(query)
            found += cursor.fetchone()
    return tuple(found)


def forget_audit(connection: BaseDatabaseWrapper) -> None:
    """Its triggers let go only what is noted as gone."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM moderation_auditentry")
        if cursor.fetchone()[0]:
            cursor.execute("DELETE FROM moderation_audithead")
            cursor.execute(
                "INSERT INTO moderation_audithead (id, number, digest, gone, gone_digest) VALUES (1, 0, '', 9223372036854775807, '')"
            )
            cursor.execute("DELETE FROM moderation_auditentry")
            cursor.execute("DELETE FROM moderation_audithead")


def empty(connection: BaseDatabaseWrapper, tables: list[str]) -> None:
    names = {table: connection.ops.quote_name(table) for table in tables if table not in KEPT}
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Whoever is writing still is waited for, as by Django's TRUNCATE.
            cursor.execute(f"LOCK TABLE {', '.join(names.values())} IN SHARE ROW EXCLUSIVE MODE")
        held = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in names.items()]
        cursor.execute(" UNION ALL ".join(held))
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {names[table]}")
