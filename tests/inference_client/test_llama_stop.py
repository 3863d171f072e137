"""Stop in the middle of a long step: heard while the model works, and nobody else's answer changes."""

import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

from inference_client.engines.base import Done, Event, Job, Text
from inference_client.engines.llama_cpp.orders import Orders
from inference_client.engines.llama_cpp.scheduler import Scheduler
from inference_client.engines.llama_cpp.spec import CancelRun, ModelSpec
from inference_client.engines.llama_cpp.watch import SILENCE, SILENCE_AFTER_STOP, Watch
from tests.inference_client.test_llama_engine import ask
from tests.models import LONG_PAIRS, MODEL_PATH, PLAIN_PAIRS

SECONDS = 30.0


@pytest.fixture
def pipe() -> Iterator[tuple[Connection, Connection]]:
    ours, theirs = multiprocessing.Pipe()
    yield ours, theirs
    # The other end closes with the last thread that reads it: closed under its hands, it might read the next test's.
    ours.close()


def test_stop_interrupts_a_step_that_does_not_end(pipe: tuple[Connection, Connection]) -> None:
    ours, theirs = pipe
    interrupted = threading.Event()
    orders = Orders(theirs, interrupted.set)
    ours.send(ask(1, "Hello"))
    assert orders.take(wait=True) == [ask(1, "Hello")]
    ours.send(CancelRun(1))
    # The step: nobody takes orders until it is interrupted.
    assert interrupted.wait(SECONDS)
    assert orders.take(wait=True) == [CancelRun(1)]


def test_what_is_no_stop_interrupts_nothing_and_the_parents_end_is_heard(pipe: tuple[Connection, Connection]) -> None:
    ours, theirs = pipe
    interrupted = threading.Event()
    orders = Orders(theirs, interrupted.set)
    for run in range(3):
        ours.send(ask(run, "Hello"))
    heard: list[object] = []
    while len(heard) < 3:
        heard += orders.take(wait=True)
    assert orders.take(wait=False) == []
    assert not interrupted.is_set()
    ours.close()
    assert interrupted.wait(SECONDS), "the step at work would keep a child alive whose parent is gone"
    assert orders.take(wait=True) == [None]


def test_silence_is_judged_by_what_was_asked() -> None:
    watch = Watch(heard=0)
    assert not watch.hangs(SILENCE - 1, stopping=False)
    assert watch.hangs(SILENCE, stopping=False)
    watch.stop(100)
    assert not watch.hangs(100 + SILENCE_AFTER_STOP - 1, stopping=True)
    assert watch.hangs(100 + SILENCE_AFTER_STOP, stopping=True)
    assert not watch.hangs(100 + SILENCE_AFTER_STOP, stopping=False)
    # A word that was on its way when it was asked to stop does not make it forget.
    watch.word(101)
    assert watch.hangs(101 + SILENCE_AFTER_STOP, stopping=True)


@pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")
def test_interrupted_steps_leave_every_answer_as_it_would_have_been(monkeypatch: pytest.MonkeyPatch) -> None:
    llama_cpp = pytest.importorskip("llama_cpp")
    from inference_client.engines.llama_cpp.runtime import NativeRuntime

    runtime = NativeRuntime(ModelSpec(MODEL_PATH, "tiny", slots=4, threads=1))
    scheduler = Scheduler(runtime)
    pairs = [*LONG_PAIRS[:1], *PLAIN_PAIRS[:3]]
    for run, pair in enumerate(pairs):
        scheduler.submit(ask(run, pair.question))
    scheduler.submit(Job(9, "tiny", ask(9, "b" * 1500).messages))
    decode, outcomes, calls = llama_cpp.llama_decode, [], 0

    def interrupted_decode(context: object, batch: object) -> int:
        nonlocal calls
        calls += 1
        if calls % 4 == 0:
            runtime.interrupt()
        outcomes.append(decode(context, batch))
        return outcomes[-1]  # type: ignore[no-any-return]

    monkeypatch.setattr(llama_cpp, "llama_decode", interrupted_decode)
    text: dict[int, str] = {}
    ends: dict[int, Event] = {}
    while len(ends) < len(pairs) + 1:
        if calls == 12:
            scheduler.cancel(9)
        for event in scheduler.step():
            if isinstance(event, Text):
                text[event.run] = text.get(event.run, "") + event.text
            elif isinstance(event, Done):
                ends[event.run] = event
    assert [text[run] for run in range(4)] == [pair.answer for pair in pairs]
    assert isinstance(ends[9], Done)
    assert ends[9].reason == "cancelled"
    assert outcomes.count(2) > 20, "nothing was interrupted"
