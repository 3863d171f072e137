"""The database is away: it is told without it, whether it hangs or refuses, and nothing else is taken for that."""

import asyncio
import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError

from meatlizard.alerts import emergency, sending, services, watching
from meatlizard.alerts.emergency import Emergency
from meatlizard.alerts.models import Alert, Channel
from tests.meatlizard.alerts.conftest import Listener
from tests.meatlizard.alerts.test_sending import channel


@pytest.fixture(autouse=True)
def no_key() -> Iterator[None]:
    cache.delete(emergency.KEY)
    yield
    cache.delete(emergency.KEY)


@pytest.mark.django_db
def test_it_is_told_from_memory_once_and_written_down_afterwards(listener: Listener) -> None:
    channel("webhook", f"http://{listener.host}/x")
    one, other = Emergency(), Emergency()
    for process in (one, other):
        process.back(0.0)
        process.away(10.0, "refused")
        process.away(60.0, "refused")
    assert listener.got == []
    for process in (one, other):
        process.away(71.0, "refused")
        process.away(300.0, "refused")
    assert [json.loads(body)["event"] for _path, _headers, body in listener.got] == ["fired"]
    for process in (one, other):
        process.back(400.0)
        process.back(410.0)
    assert [json.loads(body)["event"] for _path, _headers, body in listener.got] == ["fired", "over"]
    assert Alert.objects.get().state == "over"


@pytest.mark.django_db
async def test_one_that_refuses_at_once_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round begins with the hope that it answers; only an answer counts as one."""
    told, clock = [], [0.0]

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(Channel.objects, "filter", refuse)
    monkeypatch.setattr(Emergency, "_tell", lambda self, event, title, words: told.append((event, words)))
    monkeypatch.setattr(services, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    watch = services.Watch()
    for seconds in range(0, 120, 5):
        clock[0] = float(seconds)
        await watch.step(20)
    assert told == [("fired", "OperationalError")]


def test_a_short_absence_is_nobodys_business() -> None:
    process = Emergency()
    process.away(0.0, "refused")
    assert not process.told


async def test_a_round_that_hangs_counts_as_away_and_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    go, rounds = threading.Event(), []

    class Remembering(Emergency):
        def away(self, now: float, words: str) -> None:
            rounds.append(words)

    def hang() -> None:
        rounds.append("begun")
        go.wait(30)
        raise OperationalError("refused")

    watch = services.Watch(Remembering())
    monkeypatch.setattr(watch, "_look", hang)
    for _ in range(3):
        await watch.step(0.05)
    assert rounds.count("begun") == 1
    assert len(rounds) == 4
    go.set()
    await watch.step(20)
    assert rounds[-1] == "OperationalError"


async def test_channels_that_are_slow_hold_up_no_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not take messages says nothing about the database."""
    go, begun, rounds = threading.Event(), threading.Event(), []

    class Remembering(Emergency):
        def away(self, now: float, words: str) -> None:
            rounds.append(words)

        def back(self, now: float) -> None:
            rounds.append("back")

    def slow() -> int:
        begun.set()
        rounds.append("sending")
        go.wait(30)
        return 0

    monkeypatch.setattr(services, "_mine", lambda: False)
    monkeypatch.setattr(watching, "clear", lambda: 0)
    monkeypatch.setattr(sending, "send_due", slow)
    watch = services.Watch(Remembering())
    try:
        for _ in range(3):
            await watch.step(5)
        assert await asyncio.to_thread(begun.wait, 20)
        assert rounds.count("back") == 3 and rounds.count("sending") == 1 and len(rounds) == 4, rounds
    finally:
        go.set()
