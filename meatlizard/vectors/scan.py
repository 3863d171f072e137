"""The nearest without an index of their own: one bit of each number of all of an owner's vectors is compared, and the numbers themselves of
those that then seem nearest. Right for up to :data:`COMPARED` vectors, and nearly so for more; what it needs lies in one index of the
table, so that nothing derived can be missing or wrong.

SQLite compares by sqlite-vec, or where it cannot be loaded by Python; PostgreSQL by itself.
"""

import heapq
import json
import logging
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection

from meatlizard.vectors.asked import Asked
from meatlizard.vectors.fields import digits
from meatlizard.vectors.vector import DIMENSIONS, signs, similarity

log = logging.getLogger(__name__)

COMPARED: Final = 500
"""Of 100,000 texts, the ten nearest are among them in 98 of a hundred cases: see docs/PERFORMANCE.md."""

_POSTGRES: Final = f"bit_count(signs # %(signs)s::bit({DIMENSIONS}))"
_SQLITE_VEC: Final = "vec_distance_hamming(vec_bit(signs), vec_bit(%(signs)s))"
_PYTHON: Final = "vectors_apart(signs, %(signs)s)"


def nearest(asked: Asked) -> list[tuple[str, float]]:
    """Keys and similarities, the nearest first."""
    params = asked.params | {"compared": max(COMPARED, asked.most)}
    seen = signs(asked.vector.numbers)
    if connection.vendor == "postgresql":
        params |= {"signs": digits(seen)}
        apart, scopes = _POSTGRES, "AND scope = ANY(%(scopes)s)"
    else:
        params |= {"signs": seen, "scopes": json.dumps(asked.scopes)}
        apart = _SQLITE_VEC if getattr(connection, "has_sqlite_vec", False) else _PYTHON
        scopes = "AND scope IN (SELECT value FROM json_each(%(scopes)s))"
    # Nothing but constants of this module is put into the text.
    query = f"""
        SELECT key, numbers FROM vectors_storedvector WHERE id IN (
            SELECT id FROM vectors_storedvector
            WHERE collection = %(collection)s AND model = %(model)s AND owner = %(owner)s
                {scopes if asked.scopes is not None else ""}
            ORDER BY {apart}, id LIMIT %(compared)s)"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return nearest_of(cursor.fetchall(), asked)


def nearest_of(rows: Iterable[tuple[str, bytes]], asked: Asked) -> list[tuple[str, float]]:
    """``rows``: keys and numbers."""
    numbers = asked.vector.floats()
    found = ((similarity(numbers, bytes(one)), key) for key, one in rows)
    return [(key, worth) for worth, key in heapq.nlargest(asked.most, found)]


def equip(connection: Any) -> None:
    """Brings a new connection to SQLite what searches need."""
    connection.connection.create_function("vectors_apart", 2, _apart, deterministic=True)
    connection.has_sqlite_vec = _load(connection.connection)


def _apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def _load(database: sqlite3.Connection) -> bool:
    # Some builds of Python leave it out, python.org's for macOS among them.
    if not hasattr(database, "enable_load_extension"):
        return False
    try:
        import sqlite_vec  # type: ignore[import-untyped]
    except ImportError:
        return False
    try:
        database.enable_load_extension(True)
        try:
            sqlite_vec.load(database)
        finally:
            database.enable_load_extension(False)
    except (sqlite3.Error, OSError) as problem:
        log.warning("vectors.sqlite_vec_unusable", extra={"why": str(problem)})
        return False
    return True
