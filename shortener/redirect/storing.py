"""Puts a batch of clicks into the database, whole and once."""

import datetime
import time
import uuid
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from shortener.models import Click, ClickBatch, Link
from shortener.models.clicks import TEXT
from shortener.redirect.agents import described, is_bot
from shortener.redirect.journal import Recorder
from shortener.redirect.recording import YIELD_EVERY, Noted

COLUMNS: Final = (
    "batch_id", "link_id", "at", "bot", "visitor", "referrer", "country", "browser", "system", "device", "language", "route",
)  # fmt: skip

ROW: Final = f"({', '.join(['%s'] * len(COLUMNS))})"
ROWS_AT_ONCE: Final = 100
"""On SQLite: with a statement for each row this thread and the one that answers would hand the interpreter to each other as often."""

_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_CLICKS, _LINKS = Click._meta.db_table, Link._meta.db_table
# Names of our own tables and columns; values are never put into the text.
_ADD_UP: Final = f"""
    UPDATE {_LINKS} SET clicks = {_LINKS}.clicks + sums.people, bot_clicks = {_LINKS}.bot_clicks + sums.bots,
        last_click = CASE WHEN {_LINKS}.last_click > sums.latest THEN {_LINKS}.last_click ELSE sums.latest END
    FROM (SELECT link_id, SUM(CASE WHEN bot THEN 0 ELSE 1 END) AS people, SUM(CASE WHEN bot THEN 1 ELSE 0 END) AS bots,
            MAX(at) AS latest FROM {_CLICKS} WHERE batch_id = %s GROUP BY link_id) AS sums
    WHERE {_LINKS}.id = sums.link_id"""  # noqa: S608
_LOCK: Final = f"""
    SELECT id FROM {_LINKS} WHERE id IN (SELECT link_id FROM {_CLICKS} WHERE batch_id = %s) ORDER BY id FOR NO KEY UPDATE"""  # noqa: S608


def store(key: uuid.UUID, clicks: list[Noted]) -> bool:
    """False when this batch is stored already. Raises the database's errors, and nothing of it is stored then."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                batch = ClickBatch.objects.create(key=key, stored=timezone.now())
        except IntegrityError:
            return False
        _insert(_rows(batch.pk, clicks))
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # In one order, so that two processes that store for the same links never wait for each other in a circle.
                cursor.execute(_LOCK, [batch.pk])
            cursor.execute(_ADD_UP, [batch.pk])
    return True


def _rows(batch: int, clicks: list[Noted]) -> Iterable[tuple[Any, ...]]:
    moments: dict[int, Any] = {}
    adapt = connection.ops.adapt_datetimefield_value
    for place, (link, second, visitor, referrer, country, agent, language, route) in enumerate(clicks):
        if not place % YIELD_EVERY:
            time.sleep(0)
        at = moments.get(second)
        if at is None:
            at = moments[second] = adapt(datetime.datetime.fromtimestamp(second, datetime.UTC))
        if visitor:
            browser, system, device = described(agent)
        else:
            browser = system = device = ""
        yield (
            batch, link, at, is_bot(agent), visitor, referrer[:TEXT], country, browser[:TEXT], system[:TEXT], device, language,
            route,
        )  # fmt: skip


def _insert(rows: Iterable[tuple[Any, ...]]) -> None:
    """A hundred columns of Django's own insertion cost what answering three redirects costs."""
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {_CLICKS} ({names}) FROM STDIN") as copy:
                for some in _several(rows, YIELD_EVERY):
                    copy.write("".join(map(_copied, some)))
            return
        for some in _several(rows, ROWS_AT_ONCE):
            places = ", ".join([ROW] * len(some))
            cursor.execute(f"INSERT INTO {_CLICKS} ({names}) VALUES {places}", [*chain.from_iterable(some)])  # noqa: S608


def _several(rows: Iterable[tuple[Any, ...]], most: int) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while some := list(islice(left, most)):
        yield some


def _copied(row: tuple[Any, ...]) -> str:
    """A row in the text format of PostgreSQL's COPY, which needs a third of the time that psycopg's own way of writing rows takes.
    Nothing here is NULL; :mod:`shortener.redirect.recording` lets no zero byte in."""
    line = "\t".join(map(str, row))
    if "\\" in line or "\n" in line or "\r" in line or line.count("\t") >= len(row):
        line = "\t".join([str(value).translate(_ESCAPED) for value in row])
    return line + "\n"


recorder = Recorder(store)
