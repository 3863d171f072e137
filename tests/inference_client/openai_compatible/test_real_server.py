"""Servers that others wrote, with the real tiny model behind them: every answer to the character."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.engine.build_server import server_path
from inference_client.engines.base import Done
from inference_client.engines.openai_compatible import OpenAICompatibleEngine, UpstreamModel, UpstreamSpec
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from tests.inference_client.openai_compatible.heard import Heard, ask, patient
from tests.models import LONG_PAIRS, MODEL_PATH, PLAIN_PAIRS

pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")

SECONDS = 120.0
KEY = "a-key-of-the-test"
GREEDY = Sampling(temperature=0)
UNICODE = next(pair for pair in PLAIN_PAIRS if pair.question == "How do you say lizard in Japanese?")


PYTHON_SERVER = (sys.executable, "-m", "llama_cpp.server", "--n_threads", "1", "--n_ctx", "2048", "--api_key", KEY)
LLAMA_SERVER = (str(server_path()), "-t", "1", "-c", "2048", "--parallel", "2", "--api-key", KEY, "--alias", "tiny")


@asynccontextmanager
async def engine_before(*program: str, slots: int = 1) -> AsyncIterator[Heard]:
    """In front of ``program``, which is not up yet: the engine starts all the same, and offers the model once it is."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    null = asyncio.subprocess.DEVNULL
    places = ("--host", "127.0.0.1", "--port", str(port), "--model", str(MODEL_PATH))
    process = await asyncio.create_subprocess_exec(*program, *places, stdout=null, stderr=null)
    model = UpstreamModel("tiny", slots=slots)
    engine = OpenAICompatibleEngine(
        UpstreamSpec(f"http://127.0.0.1:{port}/v1", (model,), api_key=KEY, timeouts=patient())
    )
    try:
        await engine.start()
        heard = Heard(engine)
        async with asyncio.timeout(SECONDS):
            while not engine.models():
                heard.note(await anext(heard.steps))
        yield heard
    finally:
        await engine.stop()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def stop_in_the_middle(heard: Heard) -> None:
    """A stopped answer leaves the server free for the next."""
    heard.engine.submit(ask(9001, LONG_PAIRS[0].question, sampling=GREEDY))
    await heard.until(lambda: 9001 in heard.text)
    heard.engine.cancel(9001)
    await heard.done(ask(9002, PLAIN_PAIRS[1].question, sampling=GREEDY))
    assert heard.ends[9001].reason == "cancelled"
    assert LONG_PAIRS[0].answer.startswith(heard.text[9001])
    assert heard.text[9002] == PLAIN_PAIRS[1].answer


async def test_the_server_of_llama_cpp_python_answers_word_for_word() -> None:
    pytest.importorskip("starlette_context", reason="llama-cpp-python's server is not installed")
    async with engine_before(*PYTHON_SERVER, "--model_alias", "tiny", "--verbose", "False") as heard:
        assert heard.engine.flavour == "generic"
        for run, pair in enumerate(PLAIN_PAIRS[:5]):
            done = await heard.done(ask(run, pair.question, sampling=GREEDY))
            assert (heard.text[run], done.reason) == (pair.answer, "stop")
            assert done.usage.completion_tokens == len(pair.answer)
        cut = await heard.done(ask(10, PLAIN_PAIRS[0].question, sampling=Sampling(temperature=0, max_tokens=9)))
        assert (heard.text[10], cut.reason) == (PLAIN_PAIRS[0].answer[:9], "length")
        await stop_in_the_middle(heard)


@pytest.mark.skipif(not server_path().is_file(), reason="llama-server is built by: python -m bench.engine.build_server")
async def test_llama_server_answers_and_continues_word_for_word() -> None:
    async with engine_before(*LLAMA_SERVER, slots=4) as heard:
        (info,) = heard.engine.models()
        assert (heard.engine.flavour, info.slots, info.parameters > 0) == ("llama_server", 2, True)
        pairs = PLAIN_PAIRS[:12]
        for run, pair in enumerate(pairs):
            heard.engine.submit(ask(run, pair.question, sampling=GREEDY))
        await heard.ended(*range(len(pairs)))
        assert [heard.text[run] for run in range(len(pairs))] == [pair.answer for pair in pairs]
        assert heard.progress
        for pair in (UNICODE, PLAIN_PAIRS[0]):
            for cut in range(1, len(pair.answer)):
                run = len(heard.ends) + 100
                done = await heard.done(ask(run, pair.question, prefix=pair.answer[:cut], sampling=GREEDY))
                assert (pair.answer[:cut] + heard.text.get(run, ""), done.reason) == (pair.answer, "stop")
        whole = heard.ends[1]
        assert isinstance(whole, Done)
        assert whole.usage.completion_tokens in (len(pairs[1].answer.encode()), len(pairs[1].answer.encode()) + 1)
        await stop_in_the_middle(heard)


@pytest.mark.skipif(not server_path().is_file(), reason="llama-server is built by: python -m bench.engine.build_server")
async def test_llama_server_obeys_forms_and_refuses_what_is_wrong_or_too_long() -> None:
    question = PLAIN_PAIRS[0].question
    schema = '{"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}'
    async with engine_before(*LLAMA_SERVER) as heard:
        await heard.done(ask(1, question, sampling=Sampling(temperature=0, grammar='root ::= "yes" | "no"')))
        assert heard.text[1] in ("yes", "no")
        await heard.done(ask(2, question, sampling=Sampling(temperature=0, json_schema=schema)))
        assert isinstance(json.loads(heard.text[2])["a"], bool)
        for run, wrong in ((3, Sampling(grammar="root ::= ((((")), (4, Sampling(json_schema='{"type": "nonsense"}'))):
            assert (await heard.error(ask(run, question, sampling=wrong))).code == "grammar_invalid"
        turns = [ChatMessage(role=role, content="x" * 90) for _ in range(20) for role in ("user", "assistant")]
        done = await heard.done(ask(5, messages=(*turns, ChatMessage(role="user", content=question)), sampling=GREEDY))
        assert done.trimmed
        too_long = await heard.error(ask(6, "a" * 3000, sampling=GREEDY))
        assert (too_long.code, too_long.retry) == ("prompt_too_long", False)
        assert "1024" in too_long.detail
