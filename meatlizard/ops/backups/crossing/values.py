"""One form for a value, between what PostgreSQL writes as text and what SQLite keeps: None, bool, int, float, str, bytes; a moment is an
aware datetime, a UUID is one, and JSON is its text.
"""

import datetime
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from meatlizard.ops.backups.trouble import BackupFailed

UTC: Final = datetime.UTC
WHOLE: Final = frozenset({"smallint", "integer", "bigint", "serial", "bigserial", "smallserial"})
ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
ESCAPES: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def kind(column: str) -> str:
    """Of a column, by what PostgreSQL calls it."""
    first = column.partition("(")[0].partition(" ")[0]
    if first in WHOLE:
        return "whole"
    known = {
        "boolean": "truth", "timestamp": "moment", "uuid": "uuid", "jsonb": "json", "bytea": "bytes", "bit": "bits", "double": "float",
        "varchar": "text", "text": "text", "char": "text", "inet": "text", "date": "text", "time": "text",
    }  # fmt: skip
    if first not in known:
        raise BackupFailed(
            f"A column of the type {column} cannot be carried into the other kind of database.", code="cannot_cross"
        )
    return known[first]


# --- PostgreSQL's COPY, as text --------------------------------------------------------------------------------------------


def unescaped(field: bytes) -> str | None:
    if field == b"\\N":
        return None
    if b"\\" in field:
        field = ESCAPED.sub(lambda found: ESCAPES.get(found[1], found[1]), field)
    return field.decode()


FROM_POSTGRES: Final[dict[str, Callable[[str], Any]]] = {
    "whole": int,
    "float": float,
    "truth": lambda text: text == "t",
    "moment": lambda text: datetime.datetime.fromisoformat(text).astimezone(UTC),
    "uuid": uuid.UUID,
    "json": str,
    "text": str,
    "bytes": lambda text: bytes.fromhex(text.removeprefix("\\x")),
    "bits": lambda text: int(text, 2).to_bytes(len(text) // 8, "big"),
}


def to_postgres(kind: str, value: Any) -> Any:
    """As psycopg's COPY takes it."""
    if kind == "bits" and value is not None:
        return f"{int.from_bytes(value, 'big'):0{len(value) * 8}b}"
    return value


# --- what SQLite keeps -----------------------------------------------------------------------------------------------------

FROM_SQLITE: Final[dict[str, Callable[[Any], Any]]] = {
    "whole": int,
    "float": float,
    "truth": bool,
    "moment": lambda text: datetime.datetime.fromisoformat(text).replace(tzinfo=UTC),
    "uuid": uuid.UUID,
    "json": str,
    "text": str,
    "bytes": bytes,
    "bits": bytes,
}


def to_sqlite(kind: str, value: Any) -> Any:
    """As Django would store it."""
    if value is None:
        return None
    if kind == "moment":
        return str(value.replace(tzinfo=None))
    if kind == "uuid":
        return value.hex
    return int(value) if kind == "truth" else value


# --- comparing -------------------------------------------------------------------------------------------------------------


def digest(kinds: Iterable[str], row: Iterable[Any]) -> int:
    """The same for the same row, wherever it was read."""
    same = [
        _canonical(value) if kind == "json" and value is not None else value
        for kind, value in zip(kinds, row, strict=True)
    ]
    return int.from_bytes(hashlib.blake2b(repr(same).encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _canonical(text: str) -> str:
    """PostgreSQL orders keys and writes numbers in its own way."""
    found = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return json.dumps(found, sort_keys=True, default=lambda number: f"{number.normalize():f}")
