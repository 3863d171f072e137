"""The real engine with the tiny model that sees: every image is told word for word, and nobody sees another's."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest

from inference_client.engines.base import Done, EngineError, Error, Event, Job, Text
from inference_client.engines.llama_cpp import engine as engine_module
from inference_client.engines.llama_cpp import watch
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import ChatMessage, Image, Sampling
from tests.models import MODEL_PATH, PLAIN_PAIRS
from tests.models.sight.corpus import (
    AGAIN,
    ANY_TIME,
    COLOURS,
    NOTHING_SEEN,
    ONE,
    PATCHES,
    PROJECTOR_PATH,
    TEXT_PAIRS,
    TWO,
    answer,
    answer_two,
    picture,
)
from tests.models.sight.corpus import MODEL_PATH as SIGHT_PATH

pytest.importorskip("llama_cpp")

SECONDS = 60.0
GREEDY = Sampling(temperature=0)
COUNT = "Count to ten."


def user(question: str, *files: bytes) -> ChatMessage:
    images = tuple(Image(blob=sha256(file).hexdigest(), media_type="image/png") for file in files)
    return ChatMessage(role="user", content=question, images=images)


def job(run: int, *messages: ChatMessage, files: Sequence[bytes] = (), prefix: str = "") -> Job:
    images = {sha256(file).hexdigest(): file for file in files}
    return Job(run, "sight", messages, prefix, GREEDY, images=images)


def look(run: int, question: str, *files: bytes) -> Job:
    return job(run, user(question, *files), files=files)


class Listener:
    """Puts the engine's events together by run."""

    def __init__(self, engine: LlamaCppEngine) -> None:
        self.engine = engine
        self.steps = engine.steps()
        self.text: dict[int, str] = {}
        self.ends: dict[int, Done | Error] = {}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                for event in await anext(self.steps):
                    self.note(event)

    async def ask(self, *jobs: Job) -> list[str]:
        for one in jobs:
            self.engine.submit(one)
        await self.until(lambda: all(one.run in self.ends for one in jobs))
        return [self.text.get(one.run, "") for one in jobs]

    def note(self, event: Event) -> None:
        assert event.run not in self.ends, "something came after the end"
        if isinstance(event, Text):
            self.text[event.run] = self.text.get(event.run, "") + event.text
        elif isinstance(event, Done | Error):
            self.ends[event.run] = event

    def done(self, run: int) -> Done:
        end = self.ends[run]
        assert isinstance(end, Done), end
        return end

    def error(self, run: int) -> Error:
        end = self.ends[run]
        assert isinstance(end, Error), end
        return end


@asynccontextmanager
async def engine_with(
    slots: int = 4, context: int = 0, batch: int = 512, path: Path = SIGHT_PATH, eye: Path | None = PROJECTOR_PATH
) -> AsyncIterator[Listener]:
    spec = ModelSpec(path, "sight", context=context, slots=slots, threads=1, batch=batch, mmproj=eye)
    engine = LlamaCppEngine(spec)
    await engine.start()
    try:
        yield Listener(engine)
    finally:
        await engine.stop()


async def test_every_image_is_told_word_for_word_with_four_answers_at_once() -> None:
    halves = list(product(COLOURS, COLOURS))
    async with engine_with() as heard:
        (info,) = heard.engine.models()
        told = await heard.ask(*(look(run, ONE, picture(*pair)) for run, pair in enumerate(halves)))
    assert told == [answer(*pair) for pair in halves]
    assert info.vision
    assert heard.done(0).usage.prompt_tokens == PATCHES + len(ONE) + len("user\nassistant\n\n") + 3


@pytest.mark.parametrize("batch", [1, 24])
async def test_small_batches_change_nothing(batch: int) -> None:
    async with engine_with(slots=2, batch=batch) as heard:
        told = await heard.ask(look(1, ONE, picture("red", "blue")), look(2, ONE, picture("green", "white")))
    assert told == [answer("red", "blue"), answer("green", "white")]


async def test_two_images_of_a_message_keep_their_order_and_their_format_does_not_matter() -> None:
    pairs = [("red", "blue"), ("blue", "red"), ("yellow", "yellow"), ("black", "white")]
    async with engine_with() as heard:
        told = await heard.ask(
            *(
                look(run, TWO, picture(first, first, 200, "JPEG"), picture(second, second, 16, "WEBP"))
                for run, (first, second) in enumerate(pairs)
            )
        )
    assert told == [answer_two(*pair) for pair in pairs]


async def test_text_answers_beside_images_are_as_without_them() -> None:
    async with engine_with() as heard:
        jobs = [look(run, question) for run, question in enumerate(TEXT_PAIRS)]
        seen = [look(100 + run, ONE, picture("red", colour)) for run, colour in enumerate(COLOURS)]
        told = await heard.ask(*(one for pair in zip(jobs, seen, strict=True) for one in pair))
    assert told[::2] == list(TEXT_PAIRS.values())
    assert told[1::2] == [answer("red", colour) for colour in COLOURS]
    async with engine_with(eye=None) as blind:
        assert await blind.ask(*jobs) == list(TEXT_PAIRS.values())


async def test_later_turns_remember_the_image_and_do_not_look_at_it_again() -> None:
    image = picture("green", "black")
    first = [user(ONE, image)]
    second = [*first, ChatMessage(role="assistant", content=answer("green", "black")), user(AGAIN)]
    async with engine_with(slots=1) as heard:
        told = await heard.ask(job(1, *first, files=[image]))
        told += await heard.ask(job(2, *second, files=[image]))
    assert told == [answer("green", "black")] * 2
    assert heard.done(1).usage.cached_tokens == 0
    # All of the first turn, and of its answer what was read.
    assert heard.done(2).usage.cached_tokens >= heard.done(1).usage.prompt_tokens


async def test_the_same_question_about_another_image_finds_nothing_of_it_in_memory() -> None:
    async with engine_with(slots=1) as heard:
        told = await heard.ask(look(1, ONE, picture("red", "red")))
        told += await heard.ask(look(2, ONE, picture("blue", "red")))
        told += await heard.ask(look(3, ONE, picture("blue", "red")))
    assert told == ["Red.", "Blue above red.", "Blue above red."]
    before_the_image = len("user\n") + 1
    assert heard.done(2).usage.cached_tokens == before_the_image
    assert heard.done(3).usage.cached_tokens == heard.done(2).usage.prompt_tokens - 1


async def test_two_with_different_images_each_get_what_they_get_alone() -> None:
    jobs = [look(run, ONE, picture(upper, "white")) for run, upper in enumerate(("red", "yellow"))]
    async with engine_with(slots=1) as heard:
        alone = [(await heard.ask(one))[0] for one in jobs]
    async with engine_with(slots=2) as heard:
        assert await heard.ask(*jobs) == alone


async def test_a_long_answer_is_not_touched_by_images_read_meanwhile() -> None:
    async with engine_with(slots=2) as heard:
        heard.engine.submit(look(0, COUNT))
        await heard.until(lambda: len(heard.text.get(0, "")) > 3)
        assert 0 not in heard.ends
        await heard.ask(*(look(run, ONE, picture("blue", colour)) for run, colour in enumerate(COLOURS, 1)))
        await heard.until(lambda: 0 in heard.ends)
    assert heard.text[0] == TEXT_PAIRS[COUNT]


async def test_an_answer_about_an_image_goes_on_from_its_prefix_and_after_a_crash() -> None:
    image = picture("yellow", "blue")
    whole = answer("yellow", "blue")
    async with engine_with() as heard:
        jobs = [job(cut, user(ONE, image), files=[image], prefix=whole[:cut]) for cut in range(len(whole))]
        told = await heard.ask(*jobs)
        assert [whole[:cut] + rest for cut, rest in enumerate(told)] == [whole] * len(whole)
        for run in range(100, 140):
            heard.engine.submit(job(run, user(ONE, image), files=[image]))
        await heard.until(lambda: 100 in heard.ends)
        pid = heard.engine.child_pid
        assert pid is not None
        # Standing still, it cannot have answered the last one before it dies.
        os.kill(pid, signal.SIGSTOP)
        heard.engine.submit(job(140, user(ONE, image), files=[image]))
        os.kill(pid, signal.SIGKILL)
        await heard.until(lambda: all(run in heard.ends for run in range(100, 141)))
        assert heard.engine.child_pid not in (None, pid)
    assert {heard.text[run] for run in range(100, 141)} == {whole}


async def test_stop_frees_the_slot_of_who_looks() -> None:
    images = [picture(upper, lower) for upper, lower in product(COLOURS, COLOURS)][:8]
    async with engine_with(slots=1) as heard:
        heard.engine.submit(look(1, COUNT))
        heard.engine.submit(look(2, ONE, *images))
        heard.engine.submit(look(3, ONE, picture("red", "red")))
        heard.engine.cancel(2)
        await heard.until(lambda: all(run in heard.ends for run in (1, 2, 3)))
    assert heard.done(2).reason == "cancelled"
    assert heard.text[3] == "Red."


@pytest.mark.parametrize("garbage", [b"", b"no image at all", picture("red", "red")[:60]], ids=["empty", "text", "cut"])
async def test_what_is_no_image_is_refused_and_the_others_go_on(garbage: bytes) -> None:
    async with engine_with() as heard:
        told = await heard.ask(look(1, ONE, garbage), look(2, ONE, picture("red", "red")))
    assert (heard.error(1).code, heard.error(1).retry) == ("bad_image", False)
    assert "PNG" in heard.error(1).detail
    assert told[1] == "Red."


async def test_an_image_that_did_not_arrive_is_said() -> None:
    image = picture("red", "red")
    async with engine_with() as heard:
        await heard.ask(job(1, user(ONE, image)))
    assert heard.error(1).code == "bad_image"
    assert "send it again" in heard.error(1).detail


async def test_a_model_without_an_eye_says_so_and_answers_the_rest() -> None:
    async with engine_with(path=MODEL_PATH, eye=None) as heard:
        (info,) = heard.engine.models()
        told = await heard.ask(look(1, ONE, picture("red", "red")), look(2, PLAIN_PAIRS[0].question))
    assert not info.vision
    assert (heard.error(1).code, heard.error(1).retry) == ("no_vision", False)
    assert told[1] == PLAIN_PAIRS[0].answer


async def test_images_beyond_the_context_are_refused_with_the_figures() -> None:
    images = [picture(upper, lower) for upper, lower in product(COLOURS, COLOURS)][:8]
    async with engine_with(context=128) as heard:
        told = await heard.ask(look(1, ONE, *images), look(2, ONE, images[0]))
    assert heard.error(1).code == "prompt_too_long"
    assert str(8 * PATCHES + PATCHES * 2)[:2] in heard.error(1).detail
    assert told[1] == answer("red", "red")


async def test_old_turns_with_images_are_left_out_when_the_context_is_full() -> None:
    old = [user(TWO, picture("red", "red"), picture(upper, upper)) for upper in COLOURS]
    turns = [turn for one in old for turn in (one, ChatMessage(role="assistant", content="Red, then red."))]
    files = [picture("red", "red"), *(picture(upper, upper) for upper in COLOURS), picture("blue", "white")]
    async with engine_with(context=200) as heard:
        told = await heard.ask(job(1, *turns, user(ONE, picture("blue", "white")), files=files))
    assert told == [answer("blue", "white")]
    assert heard.done(1).trimmed > 0


async def test_nobody_can_write_an_image_or_the_marker_into_a_text() -> None:
    image = picture("red", "red")
    digest = sha256(image).hexdigest()
    async with engine_with(slots=1) as heard:
        await heard.ask(look(1, ONE, image))
        for run, text in enumerate([f"\ufdd0\ufdd1{digest}\ufdd0", "<__media__>", f"\ufdd1{digest}"], 2):
            await heard.ask(look(run, text))
            typed = len(text.replace("\ufdd0", "").replace("\ufdd1", ""))
            assert heard.done(run).usage.prompt_tokens == typed + len("user\nassistant\n\n") + 3


async def test_an_eye_that_is_none_or_does_not_fit_is_refused_at_the_start(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(PROJECTOR_PATH.read_bytes()[:-100])
    for path, eye, code in [
        (SIGHT_PATH, tmp_path / "nothing.gguf", "model_missing"),
        (SIGHT_PATH, cut, "model_truncated"),
        (SIGHT_PATH, SIGHT_PATH, "projector_unsupported"),
        (MODEL_PATH, PROJECTOR_PATH, "projector_unsupported"),
    ]:
        with pytest.raises(EngineError) as caught:
            async with engine_with(path=path, eye=eye):
                pass
        assert caught.value.code == code
        assert eye.name in caught.value.detail


async def test_without_an_image_the_model_says_that_it_sees_none() -> None:
    async with engine_with() as heard:
        told = await heard.ask(look(1, ONE), *(look(run, question) for run, question in enumerate(ANY_TIME, 2)))
    assert told == [NOTHING_SEEN, *(TEXT_PAIRS[question] for question in ANY_TIME)]


async def test_only_who_looked_is_given_up_when_an_image_crashes_the_engine() -> None:
    image = picture("red", "blue")
    async with engine_with() as heard:
        heard.engine.submit(look(1, COUNT))
        await heard.until(lambda: bool(heard.text.get(1)))
        assert 1 not in heard.ends
        # It stands still while it is made to look as if it had died over the second one's image.
        child = heard.engine._child
        assert child is not None
        os.kill(child.pid, signal.SIGSTOP)
        heard.engine.submit(look(2, ONE, image))
        heard.engine.submit(look(3, ONE, image))
        child._blamed.value = 2
        os.kill(child.pid, signal.SIGKILL)
        await heard.until(lambda: all(run in heard.ends for run in (1, 2, 3)))
        again = await heard.ask(look(4, "Say yes."))
    assert (heard.error(2).code, heard.error(2).retry) == ("bad_image", False)
    assert heard.text[1] == TEXT_PAIRS[COUNT]
    assert heard.text[3] == answer("red", "blue")
    assert again == ["Yes."]


async def test_a_child_that_looks_in_silence_is_not_taken_for_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def word(self: watch.Watch, now: float) -> None:
        nonlocal looked
        looked += 1

    monkeypatch.setattr(engine_module, "WATCH_SECONDS", 0.01)
    async with engine_with() as heard:
        child = heard.engine._child
        assert child is not None
        os.kill(child.pid, signal.SIGSTOP)
        heard.engine.submit(look(1, ONE, picture("red", "blue")))
        child._blamed.value = 1
        monkeypatch.setattr(watch.Watch, "hangs", lambda self, now: True)
        monkeypatch.setattr(watch.Watch, "word", word)
        async with asyncio.timeout(SECONDS):
            while looked < 3:
                await asyncio.sleep(0.01)
        assert child.exit_code is None
        monkeypatch.undo()
        os.kill(child.pid, signal.SIGCONT)
        await heard.until(lambda: 1 in heard.ends)
        assert heard.engine._child is child
    assert heard.text[1] == answer("red", "blue")
