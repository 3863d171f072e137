"""Sums in the database: exact, however many add to them and whatever breaks meanwhile."""

import datetime
import threading
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from meatlizard.metrics import storing
from meatlizard.metrics.batches import MARK, Minute, Seen, Waiting
from meatlizard.metrics.keeping import Keeper
from meatlizard.metrics.models import Reporter, Rollup, Series
from meatlizard.metrics.registry import PREFIX, Registry, gauge
from meatlizard.metrics.storing import Store

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
NOON = 1_700_000_040 - 1_700_000_040 % 86_400 + 12 * 3_600


def rows(name: str, step: int) -> list[tuple[int, int, float]]:
    found = Rollup.objects.filter(series__name=PREFIX + name, step=step).order_by("at")
    return list(found.values_list("at", "n", "total"))


def store_of(registry: Registry) -> Store:
    return Store(registry.families, "test")


def add(store: Store, registry: Registry, number: int, at: float = NOON) -> bool:
    waiting = Waiting()
    waiting.take(registry, at)
    return store.add(number, waiting.handed_over())


def test_minute_hour_day_and_ever_are_raised_together() -> None:
    registry = Registry()
    asked = registry.counter("asked_total", "", ("model",))
    store = store_of(registry)
    for number, at in enumerate((NOON, NOON + 59, NOON + 60, NOON + 3_600, NOON + 86_400), 1):
        asked.add("a", by=2)
        assert add(store, registry, number, at)
    assert rows("asked_total", 60) == [
        (NOON, 2, 4.0), (NOON + 60, 1, 2.0), (NOON + 3_600, 1, 2.0), (NOON + 86_400, 1, 2.0),
    ]  # fmt: skip
    assert [total for _at, _n, total in rows("asked_total", 3_600)] == [6.0, 2.0, 2.0]
    assert [total for _at, _n, total in rows("asked_total", 86_400)] == [8.0, 2.0]
    assert rows("asked_total", 0) == [(0, 5, 10.0)]


def test_a_batch_counts_once_however_often_it_comes() -> None:
    registry = Registry()
    registry.counter("asked_total", "").add()
    waiting = Waiting()
    waiting.take(registry, NOON)
    minutes = waiting.handed_over()
    store = store_of(registry)
    assert store.add(1, minutes)
    assert not store.add(1, minutes)
    assert store.add(2, minutes)
    assert rows("asked_total", 0) == [(0, 2, 2.0)]


def test_levels_keep_mean_and_extremes() -> None:
    family = gauge("waiting", "", ("model",))
    store = Store(lambda: {family.name: family}, "test")
    minute = Minute(NOON, seen={(family.name, ("a",)): Seen(2, 10.0, 3.0, 7.0)})
    store.add(1, [minute])
    store.add(2, [Minute(NOON + 60, seen={(family.name, ("a",)): Seen(1, 1.0, 1.0, 1.0)})])
    hour = Rollup.objects.get(step=3_600)
    assert (hour.n, hour.total, hour.least, hour.most) == (3, 11.0, 1.0, 7.0)
    assert hour.series.labels == '{"model": "a"}'
    assert not Rollup.objects.filter(step=0).exists()


def test_a_minute_of_the_site_counts_once_for_all_processes() -> None:
    for _process in range(3):
        store_of(Registry()).add(1, [Minute(NOON, served=True), Minute(NOON + 60, served=True)])
    assert rows(MARK, 60) == [(NOON, 1, 1.0), (NOON + 60, 1, 1.0)]
    assert rows(MARK, 3_600) == [(NOON, 2, 2.0)]
    assert rows(MARK, 86_400) == [(NOON - 12 * 3_600, 2, 2.0)]


@pytest.mark.django_db(transaction=True)
def test_processes_at_the_same_time_lose_nothing() -> None:
    trouble: list[BaseException] = []

    def process(first: str, second: str) -> None:
        # In different orders, as dictionaries have it: nobody may wait for somebody who waits for them.
        registry = Registry()
        asked = registry.counter("asked_total", "", ("model",))
        took = registry.histogram("took_seconds", "", ("model",), (1.0, 2.0))
        store = store_of(registry)
        try:
            for number in range(1, 9):
                for model in (first, second):
                    asked.add(model)
                    took.observe(1.5, model)
                while True:
                    try:
                        add(store, registry, number)
                        break
                    except OperationalError:
                        raise AssertionError("two processes blocked each other") from None
        except BaseException as error:
            trouble.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=process, args=pair) for pair in (("a", "b"), ("b", "a"), ("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not trouble
    assert sorted(rows("asked_total", 0)) == [(0, 32, 32.0), (0, 32, 32.0)]
    assert sorted(rows("took_seconds_bucket", 60)) == [(NOON, 32, 32.0), (NOON, 32, 32.0)]
    assert Series.objects.count() == 6
    assert Reporter.objects.count() == 4


def test_while_the_database_is_away_everything_waits_in_its_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    asked = registry.counter("asked_total", "")
    keeper = Keeper(registry, kind="test")
    really = Store._raise

    def away(self: Store, sums: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(Store, "_raise", away)
    for minute in range(3):
        asked.add()
        with pytest.raises(OperationalError):
            keeper.flush(NOON + minute * 60)
    monkeypatch.setattr(Store, "_raise", really)
    asked.add()
    keeper.flush(NOON + 240)
    keeper.flush(NOON + 240)
    assert rows("asked_total", 60) == [(NOON + m, 1, 1.0) for m in (0, 60, 120, 240)]
    assert rows("asked_total", 0) == [(0, 4, 4.0)]


def test_a_commit_whose_answer_was_lost_is_not_added_again(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    asked = registry.counter("asked_total", "")
    keeper = Keeper(registry, kind="test")
    really = Store.add

    def unheard(self: Store, *given: Any) -> bool:
        really(self, *given)
        raise OperationalError("server closed the connection unexpectedly")

    asked.add()
    monkeypatch.setattr(Store, "add", unheard)
    with pytest.raises(OperationalError):
        keeper.flush(NOON)
    monkeypatch.setattr(Store, "add", really)
    asked.add()
    keeper.flush(NOON)
    keeper.flush(NOON)
    assert rows("asked_total", 0) == [(0, 2, 2.0)]


def test_a_series_that_somebody_deleted_comes_back() -> None:
    registry = Registry()
    asked = registry.counter("asked_total", "")
    keeper = Keeper(registry, kind="test")
    asked.add()
    keeper.flush(NOON)
    Series.objects.all().delete()
    asked.add()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(Exception, match="foreign key"), transaction.atomic():
            keeper.flush(NOON)
        keeper.flush(NOON)
        assert rows("asked_total", 0) == [(0, 1, 1.0)]


def test_levels_of_processes_add_up_while_they_live() -> None:
    registry = Registry()
    sockets = registry.level("sockets", "", ("kind",))
    sockets.set(3, "page")
    for _process in range(2):
        Keeper(registry, kind="test").flush(NOON)
    assert storing.levels_now() == {(PREFIX + "sockets", ("page",)): 6.0}
    gone = Reporter.objects.first()
    assert gone is not None
    Reporter.objects.filter(pk=gone.pk).update(seen=timezone.now() - datetime.timedelta(minutes=5))
    assert storing.levels_now() == {(PREFIX + "sockets", ("page",)): 3.0}


def test_each_step_is_kept_for_its_time(settings: Any) -> None:
    settings.METRICS_MINUTE_HOURS, settings.METRICS_HOUR_DAYS, settings.METRICS_DAY_DAYS = 2, 3, 10
    registry = Registry()
    asked = registry.counter("asked_total", "")
    store = store_of(registry)
    moment = datetime.datetime.fromtimestamp(NOON, datetime.UTC)
    for number, days in enumerate((0, 1, 5, 20), 1):
        asked.add()
        add(store, registry, number, NOON - days * 86_400)
    storing.clear(moment)
    assert [len(rows("asked_total", step)) for step in (60, 3_600, 86_400, 0)] == [1, 2, 3, 1]
    assert rows("asked_total", 0) == [(0, 4, 4.0)]


def test_hostile_names_are_stored_and_come_back() -> None:
    from meatlizard.metrics import exposition

    registry = Registry()
    asked = registry.counter("asked_total", "", ("model",))
    for name in ("'; DROP TABLE metrics_series; --", 'a"b\\c', "\x00\ud800", "模型" * 60, '"' * 100):
        asked.add(name)
    add(store_of(registry), registry, 1)
    text = exposition.text(registry.families(), exposition.totals(), [])
    assert text.count("meatlizard_asked_total{") == 5
    assert r'model="a\"b\\c"' in text
