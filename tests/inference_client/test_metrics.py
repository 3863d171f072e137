"""What is told of the program's work: counted once, lost never, and never at the cost of the work."""

import pytest

from inference_client.machine import Gpu, Reading
from inference_client.metrics import Meter, merged
from inference_client.protocol.messages import encode, from_node
from inference_client.protocol.vocabulary import ModelMetrics
from tests.fakes.engine import ScriptedEngine


class Counting(ScriptedEngine):
    """Says each time what the test put into ``next``."""

    next: tuple[ModelMetrics, ...] = ()

    def metrics(self) -> tuple[ModelMetrics, ...]:
        return self.next


def report(tokens: int, busy: int = 0, alias: str = "tiny") -> ModelMetrics:
    return ModelMetrics(alias=alias, seconds=5, completion_tokens=tokens, requests=1, errors=1, busy=busy)


def reading() -> Reading:
    return Reading(memory=10, memory_free=20, gpu=Gpu(0.5, 30, 61.0), temperature=61.0)


async def test_a_report_holds_what_engine_and_machine_say_and_passes_the_wire() -> None:
    now = [100.0]
    engine = Counting()
    meter = Meter(engine, reading, clock=lambda: now[0])
    engine.next, now[0] = (report(7, busy=2),), 112.5
    metrics = await meter.measure(reconnections=3)
    assert from_node(encode(metrics)) == metrics
    assert (metrics.uptime, metrics.memory, metrics.memory_free, metrics.gpu_memory) == (12.5, 10, 20, 30)
    assert (metrics.gpu_utilisation, metrics.temperature, metrics.reconnections) == (0.5, 61.0, 3)
    assert metrics.models == (report(7, busy=2),)


async def test_what_was_not_sent_is_in_the_next_report() -> None:
    engine = Counting()
    meter = Meter(engine, reading)
    engine.next = (report(7, busy=2), report(1, alias="gone"))
    await meter.measure()
    engine.next = (report(5, busy=1),)
    tiny, gone = (await meter.measure()).models
    assert (tiny.completion_tokens, tiny.seconds, tiny.requests, tiny.errors, tiny.busy) == (12, 10, 2, 2, 1)
    assert (gone.alias, gone.completion_tokens, gone.busy) == ("gone", 1, 0)
    assert meter.models == (report(5, busy=1),)
    meter.sent()
    assert (await meter.measure()).models == (report(5, busy=1),)


async def test_what_cannot_be_measured_is_absent_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(ScriptedEngine):
        def metrics(self) -> tuple[ModelMetrics, ...]:
            raise RuntimeError("no figures")

    def broken() -> Reading:
        raise RuntimeError("no machine")

    metrics = await Meter(Broken(), broken).measure()
    assert (metrics.memory, metrics.temperature, metrics.models) == (None, None, ())
    assert "no figures" in caplog.text
    assert "no machine" in caplog.text


def test_merging_nothing_changes_nothing() -> None:
    assert merged((), (report(3),)) == (report(3),)
    assert merged((report(3, busy=1),), ()) == (report(3, busy=0),)
