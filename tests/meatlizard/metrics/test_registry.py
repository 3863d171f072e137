"""Counting within one process."""

import threading
import time
from typing import Any

import pytest

from meatlizard.metrics.batches import MOST_MINUTES, Waiting
from meatlizard.metrics.registry import MOST_LABEL, MOST_SERIES, OTHER, Registry


def test_what_was_added_is_taken_once() -> None:
    registry = Registry()
    asked = registry.counter("asked_total", "", ("model",))
    asked.add("a")
    asked.add("a", by=2)
    asked.add("b")
    taken = asked.taken()
    assert {labels: (sums.n, sums.total) for labels, sums in taken.items()} == {("a",): (2, 3.0), ("b",): (1, 1.0)}
    assert asked.taken() == {}


def test_observations_fall_into_their_buckets() -> None:
    took = Registry().histogram("took_seconds", "", (), (0.1, 1.0))
    for value in (0.05, 0.1, 0.11, 1.0, 7.0):
        took.observe(value)
    (sums,) = took.taken().values()
    assert (sums.n, sums.buckets) == (5, [2, 2, 1])
    assert sums.total == pytest.approx(8.26)


def test_a_block_is_timed_that_fails() -> None:
    took = Registry().histogram("took_seconds", "", ("what",))
    with pytest.raises(OSError, match="gone"), took.timed("x"):
        raise OSError("gone")
    assert took.taken()["x",].n == 1


def test_nothing_is_lost_between_threads_while_it_is_taken() -> None:
    counter = Registry().counter("hits_total", "", ("who",))
    total = 0.0

    def add() -> None:
        for _ in range(20_000):
            counter.add("x")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        total += sum(one.total for one in counter.taken().values())
    total += sum(one.total for one in counter.taken().values())
    assert total == 80_000


def test_names_from_outside_are_cleaned_and_bounded() -> None:
    counter = Registry().counter("hits_total", "", ("model",))
    counter.add("a\nb\x00" + "x" * 500)
    counter.add("\ud800")
    first, second = counter.taken()
    assert (first[0][:4], len(first[0])) == ("a b ", MOST_LABEL)
    assert second == ("?",)

    for number in range(MOST_SERIES * 2):
        counter.add(f"model {number}")
    taken = counter.taken()
    assert len(taken) <= MOST_SERIES + 1
    assert taken[OTHER,].n >= MOST_SERIES
    assert sum(one.n for one in taken.values()) == MOST_SERIES * 2


@pytest.mark.parametrize(
    "make",
    [
        lambda registry: registry.counter("hits", ""),
        lambda registry: registry.counter("Hits_total", ""),
        lambda registry: registry.counter("hits_total", "", ("le",)),
        lambda registry: registry.histogram("took", "", (), (2.0, 1.0)),
        lambda registry: (registry.level("a", ""), registry.level("a", "another one of that name")),
        lambda registry: registry.counter("hits_total", "", ("a",)).add("x", "y"),
    ],
)
def test_what_prometheus_would_refuse_is_refused_here(make: Any) -> None:
    with pytest.raises(ValueError):
        make(Registry())


def test_levels_move_and_are_asked() -> None:
    registry = Registry()
    sockets = registry.level("sockets", "", ("kind",))
    sockets.move(1, "page")
    sockets.move(1, "page")
    sockets.move(-1, "page")
    assert sockets.values() == {("page",): 1.0}
    assert registry.asked("free", "", lambda: None).values() == {}


def test_minutes_wait_apart_and_are_bounded_without_loss() -> None:
    registry, waiting = Registry(), Waiting()
    counter = registry.counter("hits_total", "")
    for minute in range(MOST_MINUTES + 50):
        counter.add()
        waiting.take(registry, minute * 60 + 7)
        waiting.see([("level", (), float(minute))], minute * 60 + 8)
    minutes = waiting.handed_over()
    assert len(minutes) == MOST_MINUTES
    assert sum(one.sums["meatlizard_hits_total", ()].n for one in minutes) == MOST_MINUTES + 50
    assert (minutes[0].seen["level", ()].least, minutes[0].seen["level", ()].most) == (0.0, 50.0)
    assert waiting.handed_over() == []


def test_adding_costs_next_to_nothing() -> None:
    """Against what it cannot cost less than: the same dictionary under the same lock. Best of several, for the machine is shared."""
    registry = Registry()
    counter = registry.counter("hits_total", "", ("part", "status"))
    lock = threading.Lock()
    sums = {("chat", "2xx"): [0, 0.0]}

    def bare(*labels: Any) -> None:
        with lock:
            one = sums.get(labels)
            assert one is not None
            one[0] += 1
            one[1] += 1.0

    def best(verb: Any) -> float:
        times = []
        for _ in range(7):
            began = time.perf_counter()
            for _ in range(5_000):
                verb("chat", "2xx")
            times.append(time.perf_counter() - began)
        return min(times)

    assert best(counter.add) < 4 * best(bare)
