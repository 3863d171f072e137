"""Counts clicks by the hour, each batch once, and clears away what is not kept.

A batch is counted in the transaction that marks it, so figures (:mod:`shortener.figures`) are the counts and the clicks of unmarked
batches, at any moment and however late the worker is.
"""

import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Min, OuterRef
from django.utils import timezone

from shortener.models import Click, ClickBatch, ClosedDay, HourCount, Link, Salt
from shortener.models.clicks import Dimension

BATCHES_AT_ONCE: Final = 200
LOCK: Final = 0x4D4C_4C4B
"""Number of the advisory lock that lets one worker count at a time: two would wait for each other's rows in a circle."""

OPEN_DAYS: Final = 2
"""A day's visitors are counted for good when it is over since a day: a journal may come late."""

KEYS_KEPT: Final = datetime.timedelta(days=14)
"""A journal that lay about for longer may be counted twice."""

CHUNK: Final = 5_000

COLUMN: Final = {
    Dimension.ALL: "''", Dimension.REFERRER: "referrer", Dimension.COUNTRY: "country", Dimension.BROWSER: "browser",
    Dimension.SYSTEM: "system", Dimension.DEVICE: "device", Dimension.LANGUAGE: "language", Dimension.ROUTE: "route",
}  # fmt: skip

_CLICKS, _COUNTS = Click._meta.db_table, HourCount._meta.db_table


def count() -> int:
    """All batches that are not counted yet; how many those were."""
    done = 0
    while some := _count_some():
        done += some
    return done


def waiting() -> bool:
    return ClickBatch.objects.filter(counted=False).exists()


def _count_some() -> int:
    with transaction.atomic():
        _one_at_a_time()
        batches = list(ClickBatch.objects.filter(counted=False).values_list("pk", flat=True)[:BATCHES_AT_ONCE])
        if not batches:
            return 0
        ClickBatch.objects.filter(pk__in=batches).update(counted=True)
        with connection.cursor() as cursor:
            for dimension, column in COLUMN.items():
                cursor.execute(_counting(dimension, column, len(batches)), batches)
    return len(batches)


def _counting(dimension: Dimension, column: str, batches: int) -> str:
    hour = "date_trunc('hour', at)" if connection.vendor == "postgresql" else "strftime('%%Y-%%m-%%d %%H:00:00', at)"
    places = ", ".join(["%s"] * batches)
    # Most links have no rules: what is true of all clicks is not counted a second time.
    only = "AND route <> ''" if dimension == Dimension.ROUTE else ""
    return f"""
        INSERT INTO {_COUNTS} (link_id, hour, dimension, value, bot, count)
        SELECT link_id, {hour} AS hour, {int(dimension)}, {column} AS value, bot, COUNT(*) FROM {_CLICKS}
        WHERE batch_id IN ({places}) {only} GROUP BY link_id, 2, 4, bot
        ON CONFLICT (link_id, dimension, hour, value, bot) DO UPDATE SET count = {_COUNTS}.count + excluded.count"""  # noqa: S608


def _one_at_a_time() -> None:
    """Until the transaction ends. SQLite's has the file to itself as it is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def close_days(today: datetime.date | None = None) -> int:
    """Counts the visitors of days that are over; how many days those were."""
    last = (today or timezone.now().date()) - datetime.timedelta(days=OPEN_DAYS)
    newest = ClosedDay.objects.order_by("-day").values_list("day", flat=True).first()
    if newest is not None:
        day = newest + datetime.timedelta(days=1)
    else:
        first: datetime.datetime | None = Click.objects.aggregate(first=Min("at"))["first"]
        if first is None:
            return 0
        day = first.date()
    closed = 0
    while day <= last:
        closed += _close(day)
        day += datetime.timedelta(days=1)
    return closed


def _close(day: datetime.date) -> int:
    begin = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    adapt = connection.ops.adapt_datetimefield_value
    end = begin + datetime.timedelta(days=1)
    with transaction.atomic():
        _one_at_a_time()
        if not ClosedDay.objects.get_or_create(day=day)[1]:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                f"""INSERT INTO {_COUNTS} (link_id, hour, dimension, value, bot, count)
                SELECT link_id, %s, {int(Dimension.VISITORS)}, '', %s, COUNT(DISTINCT visitor) FROM {_CLICKS}
                WHERE at >= %s AND at < %s AND visitor <> '' AND NOT bot GROUP BY link_id""",  # noqa: S608
                [adapt(begin), False, adapt(begin), adapt(end)],
            )
    return 1


def sweep() -> int:
    """Deletes what is not kept: clicks past their days, of links that are gone, old keys and salts. How many clicks those were."""
    today = timezone.now().date()
    Salt.objects.filter(day__lt=today - datetime.timedelta(days=1)).delete()
    ClickBatch.objects.filter(counted=True, stored__lt=timezone.now() - KEYS_KEPT).delete()
    gone = ~Exists(Link.objects.filter(pk=OuterRef("link_id")))
    swept = _delete_in_chunks(Click.objects.filter(gone))
    _delete_in_chunks(HourCount.objects.filter(gone))
    if settings.LINK_CLICK_DAYS:
        days = max(settings.LINK_CLICK_DAYS, OPEN_DAYS)
        end = datetime.datetime.combine(today - datetime.timedelta(days=days), datetime.time(), datetime.UTC)
        # Not before their day is closed and their batch counted.
        closed = ClosedDay.objects.order_by("-day").values_list("day", flat=True).first()
        if closed is not None:
            until = datetime.datetime.combine(closed, datetime.time(), datetime.UTC) + datetime.timedelta(days=1)
            old = Click.objects.filter(at__lt=min(end, until)).exclude(batch__counted=False)
            swept += _delete_in_chunks(old)
    return swept


def _delete_in_chunks(rows: Any) -> int:
    """So that others can write in between."""
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:CHUNK]):
        deleted += rows.model.objects.filter(pk__in=keys).delete()[0]
    return deleted
