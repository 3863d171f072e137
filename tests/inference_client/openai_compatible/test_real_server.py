"""A server that others wrote, with the real tiny model behind it: every answer to the character."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from inference_client.engines.openai_compatible import OpenAICompatibleEngine, UpstreamModel, UpstreamSpec
from inference_client.protocol.vocabulary import Sampling
from tests.inference_client.openai_compatible.heard import Heard, ask, patient
from tests.models import LONG_PAIRS, MODEL_PATH, PLAIN_PAIRS

pytest.importorskip("llama_cpp")
pytest.importorskip("starlette_context", reason="llama-cpp-python's server is not installed")
pytestmark = pytest.mark.skipif(not MODEL_PATH.exists(), reason="the tiny model is not there")

SECONDS = 120.0
KEY = "a-key-of-the-test"
GREEDY = Sampling(temperature=0)


@asynccontextmanager
async def real_server() -> AsyncIterator[str]:
    """Its address, once it answers at all."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = ("--model", str(MODEL_PATH), "--model_alias", "tiny", "--port", str(port), "--api_key", KEY)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "llama_cpp.server", *arguments, "--n_threads", "1", "--n_ctx", "2048", "--verbose", "False",
        env={**os.environ, "HOST": "127.0.0.1"}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_real_server_answers_word_for_word_through_the_engine() -> None:
    async with real_server() as url, asyncio.timeout(SECONDS):
        spec = UpstreamSpec(url, (UpstreamModel("tiny", slots=1),), api_key=KEY, timeouts=patient())
        engine = OpenAICompatibleEngine(spec)
        # It is not up yet: the engine starts all the same, and offers the model when the server is there.
        await engine.start()
        heard = Heard(engine)
        try:
            while not engine.models():
                heard.note(await anext(heard.steps))
            assert engine.flavour == "generic"
            for run, pair in enumerate(PLAIN_PAIRS[:5]):
                done = await heard.done(ask(run, pair.question, sampling=GREEDY))
                assert (heard.text[run], done.reason) == (pair.answer, "stop")
                assert done.usage.completion_tokens == len(pair.answer)
            cut = await heard.done(ask(10, PLAIN_PAIRS[0].question, sampling=Sampling(temperature=0, max_tokens=9)))
            assert (heard.text[10], cut.reason) == (PLAIN_PAIRS[0].answer[:9], "length")
            # A stopped answer leaves the server free for the next.
            engine.submit(ask(11, LONG_PAIRS[0].question, sampling=GREEDY))
            await heard.until(lambda: 11 in heard.text)
            engine.cancel(11)
            await heard.done(ask(12, PLAIN_PAIRS[1].question, sampling=GREEDY))
            assert heard.ends[11].reason == "cancelled"
            assert LONG_PAIRS[0].answer.startswith(heard.text[11])
            assert heard.text[12] == PLAIN_PAIRS[1].answer
        finally:
            await engine.stop()
