"""An HNSW index of PostgreSQL's extension pgvector, where the server has it. Its table is made of the stored vectors, lies in a schema of
its own that backups leave out, and may be dropped at any time: until it is whole again, searches compare all of an owner's vectors.

https://github.com/pgvector/pgvector#hnsw
"""

import logging
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.db import DatabaseError, connection, transaction

from meatlizard.vectors import scan
from meatlizard.vectors.asked import Asked
from meatlizard.vectors.models import StoredVector
from meatlizard.vectors.vector import DIMENSIONS, floats

log = logging.getLogger(__name__)

SCHEMA: Final = "meatlizard_vectors"
TABLE: Final = f"{SCHEMA}.nearest"
OLDEST: Final = (0, 8)
"""Before, a search within a few scopes could come back nearly empty."""

FEW: Final = 20_000
"""So many are compared one by one, which is right always; the index is for more."""

SEARCHED: Final = 200
"""Neighbours that the index looks at for one search: ``hnsw.ef_search``."""

MOST_SEARCHED: Final = 200_000
"""And as many as this where most of what it finds is of other owners or scopes."""

ASIDE: Final = 0.03 * (3 / DIMENSIONS) ** 0.5 / 127.5
"""Makes 0.03 of a vector's length on average, which moves a similarity by less than 0.01."""

LOOK_SECONDS: Final = 60.0
PART: Final = 500

_WHERE: Final = "collection = %(collection)s AND model = %(model)s AND owner = %(owner)s"

_QUERY: Final = f"""SELECT key, numbers FROM vectors_storedvector WHERE id IN (
    SELECT id FROM {TABLE} WHERE {{where}} ORDER BY {{order}} LIMIT %(compared)s)"""  # noqa: S608

_looked: tuple[float, str] = (0.0, "")
"""When, and in which schema the extension's names are; empty: not to be used now."""


def available() -> bool:
    """Whether the server has the extension, in a version that can filter."""
    if connection.vendor != "postgresql":
        return False
    version = _one("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
    return version is not None and tuple(map(int, str(version).split(".")[:2])) >= OLDEST


def exists() -> bool:
    return connection.vendor == "postgresql" and _one("SELECT to_regclass(%s)", TABLE) is not None


def whole() -> bool:
    """Whether it is there, for numbers of this kind, with its index, and with a row for each vector."""
    if not _fits() or not _indexed():
        return False
    # In one statement: whoever writes meanwhile writes both, and must not make a whole index look damaged.
    return bool(_one(f"SELECT (SELECT count(*) FROM {TABLE}) = (SELECT count(*) FROM {StoredVector._meta.db_table})"))  # noqa: S608


def _fits() -> bool:
    """Whether its table is there, for numbers of this kind; nothing can be missing of its columns, which are made with it."""
    if not exists() or not _extension():
        return False
    kind = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'numbers'"
    return str(_one(kind, TABLE)).endswith(f"halfvec({DIMENSIONS})")


def _indexed() -> bool:
    return bool(_one("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", f"{SCHEMA}.nearest_hnsw"))


def usable() -> str:
    """The schema of the extension's names; empty where the index is not to be used. Looked at once a minute."""
    global _looked
    if connection.vendor != "postgresql":
        return ""
    when, found = _looked
    if not when or time.monotonic() - when > LOOK_SECONDS:
        found = _extension() if whole() else ""
        _looked = (time.monotonic(), found)
    return found


def look_again() -> None:
    global _looked
    _looked = (0.0, "")


# --- making it -------------------------------------------------------------------------------------------------------


def make() -> bool:
    """The table, empty, where there is none of this kind. One whose filling was broken off stays as far as it came. False where the
    server or its administrator does not allow it."""
    if not available():
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # An administrator may have made it. PostgreSQL asks for the right to make one even where it is there.
            if _one("SELECT to_regnamespace(%s)", SCHEMA) is None:
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS vector SCHEMA {SCHEMA}")
            if _fits():
                return True
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
            cursor.execute(f"""
                CREATE TABLE {TABLE} (
                    id bigint PRIMARY KEY, collection text NOT NULL, model text NOT NULL,
                    owner text NOT NULL, scope text NOT NULL, numbers {_extension()}.halfvec({DIMENSIONS}) NOT NULL)""")
            cursor.execute(f"CREATE INDEX nearest_owner ON {TABLE} (collection, model, owner, scope)")
    except DatabaseError as problem:
        log.warning("vectors.pgvector_unusable", extra={"why": str(problem).splitlines()[0]})
        return False
    finally:
        look_again()
    return True


def fill() -> Iterator[int]:
    """Brings in what is missing, and makes the index last, which is faster. Yields how many at a time; whoever breaks off and begins
    again goes on where it stopped, whatever was written meanwhile.
    """
    _without_strays()
    last = 0
    while rows := _missing(last):
        with transaction.atomic():
            # Whoever deletes or replaces one of these waits, and then finds it here, too.
            held = StoredVector.objects.filter(pk__in=rows).order_by("pk").select_for_update(no_key=True)
            add(dict(held.values_list("pk", "numbers")))
        last = rows[-1]
        yield len(rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS nearest_hnsw ON {TABLE} USING hnsw (numbers {_extension()}.halfvec_cosine_ops)"
        )
        cursor.execute(f"ANALYZE {TABLE}")
    look_again()


def _without_strays() -> None:
    """Rows of vectors that are not stored any more go, and so does an index that PostgreSQL holds for broken."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""DELETE FROM {TABLE} WHERE NOT EXISTS (
                SELECT 1 FROM vectors_storedvector stored WHERE stored.id = {TABLE}.id)"""  # noqa: S608
        )
        if not _indexed():
            cursor.execute(f"DROP INDEX IF EXISTS {SCHEMA}.nearest_hnsw")


def _missing(last: int) -> list[int]:
    """The next ids behind ``last`` of stored vectors that are not in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT id FROM vectors_storedvector stored WHERE id > %s
                AND NOT EXISTS (SELECT 1 FROM {TABLE} there WHERE there.id = stored.id) ORDER BY id LIMIT {PART}""",  # noqa: S608
            [last],
        )
        return [row[0] for row in cursor.fetchall()]


def add(numbers: Mapping[int, bytes | memoryview]) -> None:
    """Of stored vectors, by their ids; whatever is there of them is replaced."""
    if not numbers:
        return
    kind = f"{_extension()}.halfvec({DIMENSIONS})"
    values = ", ".join([f"(%s::bigint, %s::{kind})"] * len(numbers))
    params: list[Any] = []
    for key, one in numbers.items():
        params += [key, _literal(_apart(key, floats(bytes(one))))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {TABLE} SELECT id, collection, model, owner, scope, given.numbers
                FROM (VALUES {values}) given (id, numbers) JOIN vectors_storedvector USING (id)
                ON CONFLICT (id) DO UPDATE SET collection = excluded.collection, model = excluded.model, owner = excluded.owner,
                    scope = excluded.scope, numbers = excluded.numbers""",  # noqa: S608
            params,
        )


def remove(ids: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE id = ANY(%s)", [list(ids)])  # noqa: S608


# --- searching -------------------------------------------------------------------------------------------------------


def nearest(asked: Asked, names: str) -> list[tuple[str, float]]:
    """Keys and similarities, the nearest first. ``names``: what :func:`usable` has said."""
    try:
        with transaction.atomic():
            return _nearest(asked, names)
    except DatabaseError as problem:
        log.warning("vectors.index_failed", extra={"why": str(problem).splitlines()[0]})
        look_again()
        return scan.nearest(asked)


def _nearest(asked: Asked, names: str) -> list[tuple[str, float]]:
    where = _WHERE if asked.scopes is None else f"{_WHERE} AND scope = ANY(%(scopes)s)"
    apart = f"numbers OPERATOR({names}.<=>) %(numbers)s::{names}.halfvec({DIMENSIONS})"
    # Twice as many: the index holds them slightly aside, and the order is that of the vectors as they are.
    params = asked.params | {"numbers": _literal(asked.vector.floats()), "few": FEW, "compared": 2 * asked.most}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {TABLE} WHERE {where} LIMIT %(few)s) counted", params)  # noqa: S608
        there = cursor.fetchone()[0]
        found: list[Any] = []
        if there >= FEW:
            cursor.execute(
                f"""SET LOCAL hnsw.ef_search = {max(SEARCHED, min(1000, 4 * asked.most))};
                    SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.max_scan_tuples = {MOST_SEARCHED};
                    SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"""
            )
            cursor.execute(_QUERY.format(where=where, order=apart), params)
            found = cursor.fetchall()
        if len(found) < min(2 * asked.most, there):
            # What is added keeps the index out of it: there are few, or it did not lead to enough.
            cursor.execute(_QUERY.format(where=where, order=f"({apart}) + 0"), params)
            found = cursor.fetchall()
    return scan.nearest_of(found, asked)


def _extension() -> str:
    """The schema that it was installed in, quoted; empty where it was not."""
    query = "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'"
    return str(_one(query) or "")


def _apart(key: int, numbers: tuple[float, ...]) -> Iterator[float]:
    """Slightly aside, each its own way: people write the same words again and again, and in a crowd of equal vectors every way through the
    graph leads to others of the crowd, so that what was added after them would never be found.
    """
    chance = random.Random(key).randbytes(DIMENSIONS)  # noqa: S311
    return (one + (byte - 127.5) * ASIDE for one, byte in zip(numbers, chance, strict=True))


def _literal(numbers: Iterable[float]) -> str:
    return f"[{','.join(f'{one:.5g}' for one in numbers)}]"


def _one(query: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        row = cursor.fetchone()
        return row[0] if row is not None else None
