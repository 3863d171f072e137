"""The real engine with all-MiniLM-L6-v2: the vectors are sentence-transformers' own, whatever happens to the process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pydantic import ValidationError

from inference_client.engines.base import AnyJob, Done, EmbedJob, Error, Event, Job, Vectors
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.messages import MAX_EMBEDDED, Embed
from inference_client.protocol.vocabulary import ChatMessage
from tests.models import MODEL_PATH
from tests.models.minilm import ODD, PACKAGE, REFERENCE, converted, texts, weights
from tests.services.programs import missing

pytest.importorskip("llama_cpp")

SECONDS = 120.0
WINDOW = 256
Array = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def minilm() -> Path:
    folder = weights()
    return converted(folder) if folder is not None else missing(f"The package {PACKAGE} is not installed")


class Listener:
    """Puts the engine's events together by run."""

    def __init__(self, engine: LlamaCppEngine) -> None:
        self.engine = engine
        self.steps = engine.steps()
        self.found: dict[int, Array] = {}
        self.ends: dict[int, Done | Error] = {}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                for event in await anext(self.steps):
                    self.note(event)

    async def all_ended(self, runs: Sequence[int]) -> None:
        await self.until(lambda: all(run in self.ends for run in runs))

    async def ask(self, run: int, *asked: str) -> Array:
        self.engine.submit(EmbedJob(run, "minilm", asked))
        await self.all_ended([run])
        return self.found[run]

    def note(self, event: Event) -> None:
        assert event.run not in self.ends, "something came after the end"
        if isinstance(event, Vectors):
            assert event.run not in self.found, "vectors came twice"
            self.found[event.run] = np.stack([np.frombuffer(vector, "<f4") for vector in event.vectors])
        else:
            assert isinstance(event, Done | Error)
            self.ends[event.run] = event


@asynccontextmanager
async def engine_with(path: Path, **options: Any) -> AsyncIterator[Listener]:
    engine = LlamaCppEngine(ModelSpec(path, "minilm", kind="embedding", threads=1, **options))
    await engine.start()
    try:
        yield Listener(engine)
    finally:
        await engine.stop()


def cosines(left: Array, right: Array) -> Array:
    """Row by row, of rows of any length."""
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.asarray(np.sum(left * right, axis=1) / lengths)


async def test_hundred_sentences_agree_with_sentence_transformers(minilm: Path) -> None:
    reference = np.load(REFERENCE).astype(np.float32)
    async with engine_with(minilm) as heard:
        vectors = await heard.ask(1, *texts()[:100])
        odd = await heard.ask(2, *ODD)
        done = heard.ends[1]
    assert vectors.shape == (100, 384)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert cosines(vectors, reference[:100]).min() >= 0.9999
    assert cosines(odd, reference[100:]).min() >= 0.9999
    assert isinstance(done, Done)
    assert (done.reason, done.usage.completion_tokens) == ("stop", 0)
    assert done.usage.prompt_tokens > 1000


async def test_the_comparison_would_notice_another_sentence(minilm: Path) -> None:
    reference = np.load(REFERENCE).astype(np.float32)
    async with engine_with(minilm) as heard:
        vectors = await heard.ask(1, "The lizard sleeps on a warm stone until the shade reached it.")
    assert cosines(vectors, reference[:1]).max() < 0.9999


async def test_a_text_has_the_same_vector_alone_and_among_others_however_batches_fall(minilm: Path) -> None:
    asked = texts()[:40]
    async with engine_with(minilm, batch=WINDOW) as narrow, engine_with(minilm, batch=2048) as wide:
        together = await wide.ask(1, *asked)
        for batch in (narrow, wide):
            for run, text in enumerate(asked, 10):
                batch.engine.submit(EmbedJob(run, "minilm", (text,)))
            await batch.all_ended(range(10, 50))
            alone = np.concatenate([batch.found[run] for run in range(10, 50)])
            assert cosines(alone, together).min() > 0.9999


async def test_a_long_text_is_read_up_to_its_window(minilm: Path) -> None:
    async with engine_with(minilm) as heard:
        (info,) = heard.engine.models()
        vectors = await heard.ask(
            1, "stone " * 254 + "lizard", "stone " * 254, "stone " * 253 + "lizard", "stone " * 254 * 400
        )
        done = heard.ends[1]
    assert (info.context_length, info.dimensions, info.kind) == (WINDOW, 384, "embedding")
    assert isinstance(done, Done)
    assert done.usage.prompt_tokens == 4 * WINDOW
    same = cosines(vectors, vectors[[1]])
    assert same[[0, 3]].min() > 0.99999
    assert same[2] < 0.9999


async def test_marks_of_the_tokenizer_in_a_text_are_text(minilm: Path) -> None:
    async with engine_with(minilm) as heard:
        vectors = await heard.ask(1, "hello", "[SEP] hello", "( sep ) hello")
    assert cosines(vectors[[0]], vectors[[1]])[0] < 0.9
    assert cosines(vectors[[2]], vectors[[1]])[0] > 0.7


async def test_a_killed_process_costs_no_vectors(minilm: Path) -> None:
    asked = texts()[:50]
    async with engine_with(minilm, slots=2) as heard:
        want = await heard.ask(0, *asked)
        for run in range(1, 21):
            heard.engine.submit(EmbedJob(run, "minilm", asked))
        await heard.until(lambda: 1 in heard.ends)
        pid = heard.engine.child_pid
        assert pid is not None
        # Standing still, it cannot have done the last one before it dies.
        os.kill(pid, signal.SIGSTOP)
        heard.engine.submit(EmbedJob(21, "minilm", asked))
        os.kill(pid, signal.SIGKILL)
        await heard.all_ended(range(22))
        assert heard.engine.child_pid not in (None, pid)
    assert {type(end) for end in heard.ends.values()} == {Done}
    for run in range(1, 22):
        assert cosines(heard.found[run], want).min() > 0.9999


async def test_cancelled_texts_end_at_once_and_the_others_go_on(minilm: Path) -> None:
    async with engine_with(minilm, slots=1) as heard:
        for run in range(1, 31):
            heard.engine.submit(EmbedJob(run, "minilm", texts()[:100]))
        heard.engine.submit(EmbedJob(99, "minilm", ("lizard",)))
        await heard.until(lambda: 1 in heard.ends)
        for run in range(2, 31):
            heard.engine.cancel(run)
        await heard.all_ended([*range(1, 31), 99])
    reasons = [end.reason for run, end in heard.ends.items() if isinstance(end, Done) and 1 < run < 31]
    assert len(reasons) == 29
    assert "cancelled" in reasons
    assert heard.found[99].shape == (1, 384)


async def test_each_model_refuses_what_it_is_not_made_for(minilm: Path) -> None:
    chat: AnyJob = Job(1, "minilm", (ChatMessage(role="user", content="hello"),))
    async with engine_with(minilm) as heard:
        heard.engine.submit(chat)
        await heard.all_ended([1])
        await heard.ask(2, "still there")
    refused = heard.ends[1]
    assert isinstance(refused, Error)
    assert (refused.code, refused.retry) == ("wrong_kind", False)


async def test_a_model_that_writes_can_be_used_for_vectors_too() -> None:
    asked = ("Say yes.", "Name three lizards.", "")
    async with engine_with(MODEL_PATH, context=128) as heard:
        together = await heard.ask(1, *asked)
        again = np.concatenate([await heard.ask(10 + number, text) for number, text in enumerate(asked)])
        (info,) = heard.engine.models()
    assert info.dimensions == together.shape[1] == 128
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-5
    assert cosines(together, again).min() > 0.999
    assert cosines(together[[0]], together[[1]])[0] < 0.99


def test_the_wire_takes_a_hundred_texts_and_refuses_one_more() -> None:
    def embed(count: int) -> Embed:
        return Embed(generation=UUID(int=1), epoch=1, model="minilm", texts=("x",) * count)

    assert len(embed(MAX_EMBEDDED).texts) == 100
    for count in (0, 101):
        with pytest.raises(ValidationError, match="texts"):
            embed(count)
