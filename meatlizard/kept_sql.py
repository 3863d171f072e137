"""Queries whose SQL is put together once, for the few that every answer runs.

Django builds the SQL of a queryset anew at each use, which costs five to ten times what a small indexed statement costs
SQLite or PostgreSQL to run (measured, see docs/PERFORMANCE.md). Here the queryset is written as ever, with
:class:`Given` in the places of what changes, and its SQL is kept for each thread's connection. Rows, conversions and
transactions remain Django's.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import sql
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")


_AS_IT_IS: dict[type[models.Field[Any, Any]], type] = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
    models.FloatField: float,
    models.BigIntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.PositiveBigIntegerField: int,
}
"""Values of which the field's own conversion changes nothing. Asking it all the same is a third of what an insertion costs."""


def _stored(field: models.Field[Any, Any], value: Any, connection: BaseDatabaseWrapper) -> Any:
    """``value`` as the column holds it."""
    if value is None or type(value) is _AS_IT_IS.get(type(field)):
        return value
    if type(value) is UUID:
        return value if connection.features.has_native_uuid_field else value.hex
    return field.get_db_prep_save(value, connection)


class Given(Expression):
    """The place of a value that comes with each use under ``name``, converted as ``field`` stores it."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name
        self._stored = field

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """Itself in the place of a parameter."""
        return "%s", [self]

    def value(self, given: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        return _stored(self._stored, given[self.name], connection)


def given(model: type[models.Model], field: str, name: str = "") -> Given:
    """A :class:`Given` of the column ``field`` of ``model``, under the field's name or another."""
    return Given(name or field, model._meta.get_field(field))  # type: ignore[arg-type]


class _Statement:
    """SQL with places, for one connection."""

    def __init__(self, connection: BaseDatabaseWrapper, text: str, params: Sequence[Any]) -> None:
        self.connection = connection
        self.text = text
        self._params = params

    def bound(self, values: dict[str, Any]) -> tuple[Any, ...]:
        connection = self.connection
        return tuple(one.value(values, connection) if isinstance(one, Given) else one for one in self._params)

    def execute(self, values: dict[str, Any]) -> int:
        """Rows that were changed."""
        with self.connection.cursor() as cursor:
            cursor.execute(self.text, self.bound(values))
            return int(cursor.rowcount)


class _Kept(threading.local):
    """What one thread has put together; a connection belongs to a thread."""

    made: Any = None


class KeptSelect(Generic[Row]):
    """The rows of ``build()``, a queryset with :class:`Given` in it."""

    def __init__(self, build: "Callable[[], models.QuerySet[Any, Row]]") -> None:
        self._build = build
        self._kept = _Kept()

    def rows(self, **values: Any) -> list[Row]:
        if self._kept.made is None or self._kept.made[1].connection is not connections[DEFAULT_DB_ALIAS]:
            self._kept.made = self._put_together()
        queryset, statement, compiler = self._kept.made
        text, bound = statement.text, statement.bound(values)
        compiler.as_sql = lambda *_, **__: (text, bound)
        return list(queryset._iterable_class(queryset))

    def first(self, **values: Any) -> Row | None:
        rows = self.rows(**values)
        return rows[0] if rows else None

    def _put_together(self) -> "tuple[models.QuerySet[Any, Row], _Statement, SQLCompiler]":
        queryset = self._build()
        # The compiler holds, beside the SQL, how rows become objects: kept too.
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        statement = _Statement(compiler.connection, *compiler.as_sql())
        queryset.query.get_compiler = lambda *_, **__: compiler  # type: ignore[method-assign]
        return queryset, statement, compiler


class KeptUpdate:
    """``build().update(**values)``, where both may hold :class:`Given`. ``values`` may be a function, for what needs the
    models to be ready.
    """

    def __init__(self, build: "Callable[[], models.QuerySet[Any]]", values: Callable[[], dict[str, Any]]) -> None:
        self._build, self._values = build, values
        self._kept = _Kept()

    def run(self, **values: Any) -> int:
        """How many rows were changed."""
        if self._kept.made is None or self._kept.made.connection is not connections[DEFAULT_DB_ALIAS]:
            query: Any = self._build().query.chain(sql.UpdateQuery)
            query.add_update_values(self._values())
            query.clear_ordering(force=True)
            compiler = query.get_compiler(DEFAULT_DB_ALIAS)
            self._kept.made = _Statement(compiler.connection, *compiler.as_sql())
        return int(self._kept.made.execute(values))


class KeptDelete:
    """Deletes the rows of ``build()`` alone: for a table to which nothing refers."""

    def __init__(self, build: "Callable[[], models.QuerySet[Any]]") -> None:
        self._build = build
        self._kept = _Kept()

    def run(self, **values: Any) -> int:
        """How many rows were deleted."""
        if self._kept.made is None or self._kept.made.connection is not connections[DEFAULT_DB_ALIAS]:
            query = self._build().query.chain(sql.DeleteQuery)
            query.clear_ordering(force=True)
            compiler = query.get_compiler(DEFAULT_DB_ALIAS)
            self._kept.made = _Statement(compiler.connection, *compiler.as_sql())
        return int(self._kept.made.execute(values))


class KeptInsert:
    """Inserts ``rows`` whole rows of ``model`` at once. Their primary keys are set already; of one row the database may make it, and it is
    read back."""

    def __init__(self, model: type[models.Model], rows: int = 1) -> None:
        self._model, self._rows = model, rows
        self._kept = _Kept()

    def run(self, *objects: models.Model) -> None:
        assert len(objects) == self._rows
        fields = self._fields()
        if self._kept.made is None or self._kept.made.connection is not connections[DEFAULT_DB_ALIAS]:
            self._kept.made = self._put_together()
        connection = self._kept.made.connection
        params = [_stored(field, field.pre_save(one, add=True), connection) for one in objects for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(self._kept.made.text, params)
            if self._is_numbered():
                objects[0].pk = cursor.lastrowid if connection.vendor == "sqlite" else cursor.fetchone()[0]
        for one in objects:
            one._state.adding, one._state.db = False, DEFAULT_DB_ALIAS

    def _is_numbered(self) -> bool:
        return isinstance(self._model._meta.pk, models.AutoField)

    def _fields(self) -> "list[models.Field[Any, Any]]":
        numbered = self._is_numbered()
        return [one for one in self._model._meta.concrete_fields if not (numbered and one.primary_key)]

    def _put_together(self) -> _Statement:
        assert self._rows == 1 or not self._is_numbered(), "which of several rows got which number is not said"
        connection = connections[DEFAULT_DB_ALIAS]
        quote = connection.ops.quote_name
        fields = self._fields()
        columns = ", ".join(quote(str(field.column)) for field in fields)
        one = f"({', '.join(['%s'] * len(fields))})"
        # Names of our own tables and columns; values are never put into the text.
        text = f"INSERT INTO {quote(self._model._meta.db_table)} ({columns}) VALUES {', '.join([one] * self._rows)}"  # noqa: S608
        if self._is_numbered() and connection.vendor != "sqlite":
            text += f" RETURNING {quote(str(self._model._meta.pk.column))}"
        return _Statement(connection, text, ())
