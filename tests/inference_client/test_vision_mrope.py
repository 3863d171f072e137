"""Models that count an image's rows and columns apart: our answers are those of the library's own way through a conversation."""

import asyncio
import ctypes
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from inference_client.engines.base import Done, Error, Job, Text
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.engines.llama_cpp.spec import ModelSpec
from inference_client.protocol.vocabulary import ChatMessage, Image, Sampling

llama_cpp = pytest.importorskip("llama_cpp")
pytest.importorskip("gguf")

from llama_cpp import mtmd_cpp  # noqa: E402
from PIL import Image as Picture  # noqa: E402

from tests.models.sight.mrope import prompt, write_pair  # noqa: E402

SECONDS = 60.0
LENGTH = 24
SIZES = ((40, 32), (64, 64), (32, 80), (24, 24))
QUESTIONS = ("What is it?", "Tell me all about it.", "Why?", "Say what you see.")


def picture(size: tuple[int, int]) -> bytes:
    """No two places alike, so that an image read askew is another image."""
    image = Picture.new("RGB", size)
    image.putdata([(x * 6 % 256, y * 6 % 256, x * y % 256) for y in range(size[1]) for x in range(size[0])])
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("mrope"))


@asynccontextmanager
async def engine_with(pair: tuple[Path, Path], slots: int) -> AsyncIterator[LlamaCppEngine]:
    engine = LlamaCppEngine(ModelSpec(pair[0], "mrope", slots=slots, threads=1, mmproj=pair[1]))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


def look(run: int, size: tuple[int, int], question: str, *later: ChatMessage, prefix: str = "") -> Job:
    data = picture(size)
    blob = sha256(data).hexdigest()
    message = ChatMessage(role="user", content=question, images=(Image(blob=blob, media_type="image/png"),))
    sampling = Sampling(temperature=0, max_tokens=LENGTH)
    return Job(run, "mrope", (message, *later), prefix, sampling, images={blob: data})


async def ask(engine: LlamaCppEngine, *jobs: Job) -> tuple[list[str], dict[int, Done]]:
    text: dict[int, str] = {}
    ends: dict[int, Done] = {}
    for job in jobs:
        engine.submit(job)
    steps = engine.steps()
    async with asyncio.timeout(SECONDS):
        while len(ends) < len(jobs):
            for event in await anext(steps):
                assert not isinstance(event, Error), event
                if isinstance(event, Text):
                    text[event.run] = text.get(event.run, "") + event.text
                elif isinstance(event, Done):
                    ends[event.run] = event
    return [text[job.run] for job in jobs], ends


def library(pair: tuple[Path, Path], size: tuple[int, int], question: str) -> str:
    """What the library's own functions make of one message, one token after the other."""
    model = llama_cpp.llama_model_load_from_file(bytes(pair[0]), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_threads, params.n_threads_batch = 512, 1, 1
    context = llama_cpp.llama_init_from_model(model, params)
    eye_params = mtmd_cpp.mtmd_context_params_default()
    eye_params.n_threads, eye_params.print_timings = 1, False
    eye = mtmd_cpp.mtmd_init_from_file(bytes(pair[1]), model, eye_params)
    raw = Picture.open(io.BytesIO(picture(size))).tobytes()
    bitmap = mtmd_cpp.mtmd_bitmap_init(*size, (ctypes.c_uint8 * len(raw)).from_buffer_copy(raw))
    words = prompt(question, mtmd_cpp.mtmd_default_marker().decode()).encode()
    chunks = mtmd_cpp.mtmd_input_chunks_init()
    text = mtmd_cpp.mtmd_input_text(words, len(words), False, True)
    bitmaps = (mtmd_cpp.mtmd_bitmap_p_ctypes * 1)(bitmap)
    assert mtmd_cpp.mtmd_tokenize(eye, chunks, ctypes.byref(text), bitmaps, 1) == 0
    place = llama_cpp.llama_pos(0)
    assert mtmd_cpp.mtmd_helper_eval_chunks(eye, context, chunks, 0, 0, 512, True, ctypes.byref(place)) == 0
    sampler = llama_cpp.llama_sampler_init_greedy()
    batch = llama_cpp.llama_batch_init(1, 0, 1)
    written = []
    for position in range(place.value, place.value + LENGTH):
        written.append(llama_cpp.llama_sampler_sample(sampler, context, -1))
        batch.n_tokens, batch.n_seq_id[0], batch.seq_id[0][0], batch.logits[0] = 1, 1, 0, 1
        batch.token[0], batch.pos[0] = written[-1], position
        assert llama_cpp.llama_decode(context, batch) == 0
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_sampler_free(sampler)
    mtmd_cpp.mtmd_input_chunks_free(chunks)
    mtmd_cpp.mtmd_bitmap_free(bitmap)
    mtmd_cpp.mtmd_free(eye)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return bytes(written).decode("ascii")


async def test_answers_are_the_librarys_own_alone_and_together(pair: tuple[Path, Path]) -> None:
    expected = [library(pair, size, question) for size, question in zip(SIZES, QUESTIONS, strict=True)]
    assert len(set(expected)) == len(expected), "images make no difference, so this proves nothing"
    jobs = [look(run, size, QUESTIONS[run]) for run, size in enumerate(SIZES)]
    async with engine_with(pair, 1) as engine:
        assert (await ask(engine, *jobs))[0] == expected
    async with engine_with(pair, 4) as engine:
        assert (await ask(engine, *jobs))[0] == expected


async def test_another_image_gives_another_answer(pair: tuple[Path, Path]) -> None:
    assert library(pair, SIZES[0], QUESTIONS[0]) != library(pair, SIZES[1], QUESTIONS[0])


async def test_later_turns_and_continued_answers_are_the_same_with_and_without_memory(pair: tuple[Path, Path]) -> None:
    async with engine_with(pair, 1) as engine:
        (first,), _ = await ask(engine, look(1, SIZES[0], "Who?"))
        turns = (ChatMessage(role="assistant", content=first), ChatMessage(role="user", content="And?"))
        second = look(2, SIZES[0], "Who?", *turns)
        (warm,), ends = await ask(engine, second)
        assert ends[2].usage.cached_tokens > 40
        await ask(engine, look(3, SIZES[1], "Somebody else altogether, who takes the slot."))
        for cut in (1, 10, 23):
            (rest,), _ = await ask(engine, look(10 + cut, SIZES[0], "Who?", *turns, prefix=warm[:cut]))
            assert warm[:cut] + rest == warm
    async with engine_with(pair, 1) as engine:
        (cold,), ends = await ask(engine, second)
        assert ends[2].usage.cached_tokens == 0
    assert cold == warm


async def test_an_image_takes_its_cells_of_the_context_not_its_positions(pair: tuple[Path, Path]) -> None:
    async with engine_with(pair, 1) as engine:
        _, ends = await ask(engine, look(1, SIZES[0], "Who?"))
    # 20 cells, the words around an image, the question, and the template's 19 tokens.
    assert ends[1].usage.prompt_tokens == 20 + len("<|vision_start|><|vision_end|>") + len("Who?") + 19


async def test_a_conversation_put_aside_and_taken_up_again_is_the_same(pair: tuple[Path, Path]) -> None:
    long = "Who are you, and who are they? " * 8
    async with engine_with(pair, 1) as engine:
        (first,), _ = await ask(engine, look(1, SIZES[0], long))
        await ask(engine, look(2, SIZES[1], "Somebody else. " * 10))
        turns = (ChatMessage(role="assistant", content=first), ChatMessage(role="user", content="And?"))
        (warm,), ends = await ask(engine, look(3, SIZES[0], long, *turns))
        assert ends[3].usage.cached_tokens > 250
    async with engine_with(pair, 1) as engine:
        (cold,), _ = await ask(engine, look(3, SIZES[0], long, *turns))
    assert cold == warm
