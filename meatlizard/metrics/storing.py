"""Adds what processes have counted to the sums in the database: exactly once, however many do so at the same time.

A batch has a number, raised in the transaction that adds it: one whose commit went through unconfirmed is not added again. Minute, hour,
day and the sum since ever are raised together, so no later step can miss a process that was late.
"""

import datetime
import json
import os
import socket
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from meatlizard.metrics.batches import MARK, Key, Minute
from meatlizard.metrics.models import Reporter, Rollup, Series
from meatlizard.metrics.registry import PREFIX, Family, Labels

STEPS: Final = (Rollup.Step.MINUTE, Rollup.Step.HOUR, Rollup.Step.DAY, Rollup.Step.EVER)
ROWS: Final = 400
"""In one statement: SQLite takes so many places for values."""

GONE: Final = datetime.timedelta(minutes=2)
"""A process that has not been heard of for so long measures nothing any more."""

FORGOTTEN: Final = datetime.timedelta(days=2)

Levels = Iterable[tuple[str, Labels, float]]


@dataclass(slots=True)
class Sum:
    n: int
    total: float
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A series as it is named in the database."""

    name: str
    labels: str
    kind: str


class Store:
    """Of one process. Not for several threads at once."""

    def __init__(self, families: Callable[[], dict[str, Family]], kind: str = "") -> None:
        self._all = families
        self._families: dict[str, Family] = {}
        self._known: dict[Named, int] = {}
        self._lock = threading.Lock()
        self._reporter = Reporter(
            id=uuid.uuid4(), kind=(kind or _command())[:20], machine=socket.gethostname()[:100], pid=os.getpid(),
            began=timezone.now(), seen=timezone.now(),
        )  # fmt: skip
        self._made = False

    def add(self, number: int, minutes: Sequence[Minute], levels: Levels = ()) -> bool:
        """Adds batch ``number``; False where it was added before. Numbers rise. Raises what the database raises, and has then added
        nothing, or all of it: the same number may be tried again.
        """
        with self._lock:
            self._families = self._all()
            sums, marks = self._gathered(minutes)
            self._name({name for name, *_rest in (*sums, *marks)})
            try:
                return self._add(number, sums, marks, list(levels))
            except IntegrityError:
                # Somebody has deleted a series that was known here.
                self._known.clear()
                raise

    def _add(self, number: int, sums: "_Gathered", marks: "_Gathered", levels: list[tuple[str, Labels, float]]) -> bool:
        now = timezone.now()
        with transaction.atomic():
            if not self._made:
                Reporter.objects.bulk_create([self._reporter], ignore_conflicts=True)
            mine = Reporter.objects.filter(pk=self._reporter.pk, batch__lt=number)
            if not mine.update(batch=number, seen=now, levels=[[n, list(labels), v] for n, labels, v in levels]):
                return False
            for name, at in self._first(marks):
                for step in STEPS[1:]:
                    _add_to(sums, (name, step, _begin(at, step)), Sum(1, 1.0))
            self._raise(sums)
        self._made = True
        return True

    def _gathered(self, minutes: Sequence[Minute]) -> "tuple[_Gathered, _Gathered]":
        sums: _Gathered = {}
        marks: _Gathered = {}
        for minute in minutes:
            for key, added in minute.sums.items():
                for named, value in self._parts(key, added.n, added.total, added.buckets):
                    for step in STEPS:
                        _add_to(sums, (named, step, _begin(minute.at, step)), Sum(value.n, value.total))
            for key, seen in minute.seen.items():
                named = self._named(key, Series.Kind.LEVEL)
                # A sum of levels since ever says nothing.
                for step in STEPS[:-1]:
                    one = Sum(seen.n, seen.total, seen.least, seen.most)
                    _add_to(sums, (named, step, _begin(minute.at, step)), one)
            if minute.served:
                marks[Named(PREFIX + MARK, "{}", Series.Kind.MARK), Rollup.Step.MINUTE, minute.at] = Sum(1, 1.0)
        return sums, marks

    def _parts(self, key: Key, n: int, total: float, buckets: list[int]) -> Iterable[tuple[Named, Sum]]:
        yield self._named(key, Series.Kind.SUM), Sum(n, total)
        for bound, count in zip((*self._families[key[0]].bounds, float("inf")), buckets, strict=False):
            if count:
                yield self._named(key, Series.Kind.SUM, f"{bound:g}"), Sum(count, float(count))

    def _named(self, key: Key, kind: str, bound: str = "") -> Named:
        name, labels = key
        given: dict[str, Any] = dict(zip(self._families[name].labels, labels, strict=True))
        if bound:
            name, given = f"{name}_bucket", given | {"le": bound}
        return Named(name, json.dumps(given, sort_keys=True, ensure_ascii=False), kind)

    def _name(self, wanted: set[Named]) -> None:
        """Keys of all series, those of new ones made. Outside of the transaction: what is remembered must not be rolled back."""
        new = sorted(wanted - self._known.keys(), key=lambda one: (one.name, one.labels))
        for begin in range(0, len(new), ROWS):
            piece = new[begin : begin + ROWS]
            Series.objects.bulk_create(
                [Series(name=one.name, labels=one.labels, kind=one.kind) for one in piece], ignore_conflicts=True
            )
            rows = Series.objects.filter(name__in={one.name for one in piece}, labels__in={one.labels for one in piece})
            found = {(row.name, row.labels): row.pk for row in rows}
            self._known |= {one: found[one.name, one.labels] for one in piece}

    def _first(self, marks: "_Gathered") -> Iterable[tuple[Named, int]]:
        """Those that nobody has set before."""
        for (name, step, at), one in marks.items():
            text = f"INSERT INTO {_TABLE} (series_id, step, at, n, total) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"  # noqa: S608
            with connection.cursor() as cursor:
                cursor.execute(text, [self._known[name], int(step), at, one.n, one.total])
                if cursor.rowcount == 1:
                    yield name, at

    def _raise(self, sums: "_Gathered") -> None:
        # In one order in every process: they lock the same rows.
        rows = sorted((self._known[name], int(step), at, one.n, one.total, one.least, one.most)
                      for (name, step, at), one in sums.items())  # fmt: skip
        pair = ("MIN", "MAX") if connection.vendor == "sqlite" else ("LEAST", "GREATEST")
        for begin in range(0, len(rows), ROWS):
            piece = rows[begin : begin + ROWS]
            places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(piece))
            text = f"""
                INSERT INTO {_TABLE} (series_id, step, at, n, total, least, most) VALUES {places}
                ON CONFLICT (series_id, step, at) DO UPDATE SET
                    n = {_TABLE}.n + excluded.n, total = {_TABLE}.total + excluded.total,
                    least = {pair[0]}({_TABLE}.least, excluded.least), most = {pair[1]}({_TABLE}.most, excluded.most)"""  # noqa: S608
            with connection.cursor() as cursor:
                cursor.execute(text, [value for row in piece for value in row])


_Gathered = dict[tuple[Named, Rollup.Step, int], Sum]
_TABLE: Final = Rollup._meta.db_table


def _add_to(sums: _Gathered, key: tuple[Named, Rollup.Step, int], one: Sum) -> None:
    there = sums.get(key)
    if there is None:
        sums[key] = one
        return
    there.n += one.n
    there.total += one.total
    if one.least is not None and there.least is not None and one.most is not None and there.most is not None:
        there.least, there.most = min(there.least, one.least), max(there.most, one.most)


def _begin(at: int, step: Rollup.Step) -> int:
    return at - at % step if step else 0


def _command() -> str:
    return sys.argv[1] if len(sys.argv) > 1 and sys.argv[0].endswith("manage.py") else "server"


def levels_now() -> dict[tuple[str, Labels], float]:
    """Of all processes that were heard of lately, added up."""
    found: dict[tuple[str, Labels], float] = {}
    for levels in Reporter.objects.filter(seen__gt=timezone.now() - GONE).values_list("levels", flat=True):
        for name, labels, value in levels:
            key = (name, tuple(labels))
            found[key] = found.get(key, 0.0) + value
    return found


def clear(now: datetime.datetime | None = None) -> int:
    """Forgets what is older than it is kept for; returns how many rows. Harmless in several processes at once."""
    moment = now or timezone.now()
    kept = {
        Rollup.Step.MINUTE: datetime.timedelta(hours=settings.METRICS_MINUTE_HOURS),
        Rollup.Step.HOUR: datetime.timedelta(days=settings.METRICS_HOUR_DAYS),
        Rollup.Step.DAY: datetime.timedelta(days=settings.METRICS_DAY_DAYS),
    }
    gone = 0
    for step, span in kept.items():
        gone += Rollup.objects.filter(step=step, at__lt=int((moment - span).timestamp())).delete()[0]
    Reporter.objects.filter(seen__lt=moment - FORGOTTEN).delete()
    return gone
