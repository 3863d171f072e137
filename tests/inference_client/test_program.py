"""The whole program as a process: it answers, says goodbye on SIGTERM, and leaves nothing behind when it is killed."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import psutil  # type: ignore[import-untyped]
import pytest

from inference_client.protocol import keys
from inference_client.protocol import messages as wire
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from inference_client.state import HOME_VARIABLE, Home, Site
from tests.inference_client.fake_site import NODE, FakeSite, fake_site
from tests.models import MODEL_PATH, PLAIN_PAIRS

SECONDS = 60.0


@asynccontextmanager
async def program(home: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env={**os.environ, HOME_VARIABLE: str(home)}, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def site() -> AsyncIterator[FakeSite]:
    async with fake_site() as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, site: FakeSite) -> Path:
    """A paired machine's state."""
    key = keys.generate()
    site.enrolled.add(keys.public_bytes(key))
    home = Home(tmp_path / "home")
    public = keys.public_to_text(keys.public_bytes(site.key))
    home.remember(Site(url=site.url, server_public=public, node=NODE, name="mac"), key)
    return home.path


def question(model: str, text: str) -> wire.Generate:
    messages = (ChatMessage(role="user", content=text),)
    return wire.Generate(generation=uuid4(), epoch=1, model=model, messages=messages, sampling=Sampling(temperature=0))


async def test_the_program_answers_and_says_goodbye(site: FakeSite, home: Path) -> None:
    pytest.importorskip("llama_cpp")
    pair = PLAIN_PAIRS[0]
    async with program(home, "inference_client", "run", "--model", str(MODEL_PATH), "--slots", "2") as process:
        async with asyncio.timeout(SECONDS):
            node = await site.connections.get()
        hello = await node.welcome()
        assert [(model.alias, model.slots, model.context_length) for model in hello.models] == [("tiny", 2, 2048)]
        assert hello.backend == "cpu"
        await node.say(question("tiny", pair.question))
        assert await node.text(len(pair.answer)) == pair.answer
        assert (await node.hear(wire.Finished)).reason == "stop"
        process.send_signal(signal.SIGTERM)
        await node.hear(wire.Leaving)
        async with asyncio.timeout(SECONDS):
            _, errors = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in errors
    assert pair.answer.encode() not in errors
    assert pair.question.encode() not in errors


async def test_no_process_is_left_behind_by_a_killed_program(site: FakeSite, home: Path) -> None:
    pytest.importorskip("llama_cpp")
    async with program(home, "inference_client", "run", "--model", str(MODEL_PATH)) as process:
        async with asyncio.timeout(SECONDS):
            await site.connections.get()
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.kill()
        _, alive = await asyncio.to_thread(psutil.wait_procs, children, SECONDS)
    assert not alive


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_program_asked_to_end_while_it_loads_a_model_ends_politely_and_leaves_nothing(
    site: FakeSite, home: Path, number: signal.Signals
) -> None:
    pytest.importorskip("llama_cpp")
    async with program(home, "inference_client", "run", "--model", str(MODEL_PATH)) as process:
        async with asyncio.timeout(SECONDS):
            while not (engine := spawned(process.pid)):
                await asyncio.sleep(0.01)
        # Loading takes as long as it likes now.
        engine.send_signal(signal.SIGSTOP)
        try:
            process.send_signal(number)
            async with asyncio.timeout(20):
                _, errors = await process.communicate()
            _, alive = await asyncio.to_thread(psutil.wait_procs, [engine], 20)
        finally:
            if engine.is_running():
                engine.kill()
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors
    assert not alive


def spawned(pid: int) -> psutil.Process | None:
    """The engine's process, once the program has started one."""
    return next((child for child in psutil.Process(pid).children() if "spawn_main" in str(child.cmdline())), None)


async def test_a_program_whose_model_cannot_be_read_ends_at_once(site: FakeSite, home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(MODEL_PATH.read_bytes()[:5000])
    async with program(home, "inference_client", "run", "--model", str(broken)) as process:
        async with asyncio.timeout(SECONDS):
            _, errors = await process.communicate()
    assert process.returncode == 7
    assert re.search(rb"broken.gguf ends inside its header|are missing", errors)
    assert b"Traceback" not in errors


async def test_the_scripted_program_writes_numbered_words_at_its_pace(site: FakeSite, home: Path) -> None:
    arguments = ("--rate", "500", "--slots", "8", "--words", "50", "--alias", "fake")
    async with program(home, "tests.fakes.run_client", *arguments) as process:
        async with asyncio.timeout(SECONDS):
            node = await site.connections.get()
        await node.welcome()
        answer = " ".join(f"w{number}" for number in range(50))
        await node.say(question("fake", "?"))
        assert await node.text(len(answer)) == answer
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(SECONDS):
            await process.communicate()
    assert process.returncode == 0
