"""The moment between a model's coming into memory and its waiting answers' being handed to it."""

import pytest

from inference_client.engines.base import Error
from inference_client.engines.llama_cpp import engine as engine_module
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.process import ChildProcess
from inference_client.engines.llama_cpp.spec import LoadFailed, ModelSpec, Ready
from inference_client.protocol.vocabulary import Sampling
from tests.inference_client.test_llama_engine import LONG, UNICODE, Listener, ask
from tests.models import MODEL_PATH

pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")


async def test_who_asks_or_stops_in_that_moment_is_served_once_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LlamaCppEngine(ModelSpec(MODEL_PATH, "tiny", slots=4, threads=1), lazy=True)
    loading = engine._loading

    def in_that_moment(child: ChildProcess, message: Ready | LoadFailed | None) -> None:
        loading(child, message)
        assert isinstance(message, Ready)
        # As a message of the site does that comes in the same turn of the event loop.
        engine.submit(ask(3, LONG.question))
        engine.cancel(2)

    monkeypatch.setattr(engine, "_loading", in_that_moment)
    await engine.start()
    try:
        heard = Listener(engine)
        engine.submit(ask(1, UNICODE.question, sampling=Sampling(temperature=0)))
        engine.submit(ask(2, LONG.question))
        await heard.all_ended([1, 2, 3])
        # Behind all that the child was given: had it begun something twice, it would still say so.
        engine.submit(ask(4, LONG.question))
        await heard.all_ended([4])
    finally:
        await engine.stop()
    assert heard.done(2).reason == "cancelled"
    assert heard.text.get(2, "") == ""
    assert heard.text[1] == UNICODE.answer
    assert heard.text[3] == LONG.answer


async def test_a_start_that_fails_as_nobody_foresaw_is_told_to_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = LlamaCppEngine(ModelSpec(MODEL_PATH, "tiny", threads=1), lazy=True)
    await engine.start()
    try:
        heard = Listener(engine)

        def no_thread(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(engine_module, "ChildProcess", no_thread)
        engine.submit(ask(1, UNICODE.question))
        await heard.all_ended([1])
        end = heard.ends[1]
        assert isinstance(end, Error)
        assert (end.code, end.retry) == ("engine_failed", True)
        monkeypatch.undo()
        engine.submit(ask(2, UNICODE.question))
        await heard.all_ended([2])
    finally:
        await engine.stop()
    assert heard.text == {2: UNICODE.answer}
