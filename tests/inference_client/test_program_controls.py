"""The whole program under its owner's and its operator's word: several models, pause, drain, and the end."""

import asyncio
import json
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from inference_client import config, control
from inference_client.control import Request, State
from inference_client.problems import Problem
from inference_client.protocol import messages as wire
from tests.inference_client.fake_site import FakeSite, NodeAtSite
from tests.inference_client.test_program import home, program, question, site
from tests.models import MODEL_PATH, PLAIN_PAIRS

__all__ = ["home", "site"]

pytest.importorskip("llama_cpp")

SECONDS = 60.0
TWO = f"""\
[limits]
max_slots = 3
[[model]]
alias = "one"
file = "{MODEL_PATH}"
slots = 1
threads = 1
context_length = 512
[[model]]
alias = "two"
file = "{MODEL_PATH}"
slots = 2
threads = 1
context_length = 512
keep_alive = "1h"
[[model]]
alias = "broken"
file = "absent.gguf"
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine too."""
    monkeypatch.setattr(control, "SECONDS", SECONDS)


def configure(folder: Path, text: str = TWO) -> None:
    (folder / config.NAME).write_text(text)


async def until(folder: Path, condition: Callable[[State], bool]) -> State:
    """Asks the running client for its state until it is so."""
    async with asyncio.timeout(SECONDS):
        while True:
            state = await asyncio.to_thread(control.ask, folder, Request(do="status"))
            if condition(state):
                return state
            await asyncio.sleep(0.01)


@pytest.fixture
async def running(site: FakeSite, home: Path) -> AsyncIterator[tuple[NodeAtSite, asyncio.subprocess.Process]]:
    configure(home)
    async with program(home, "inference_client", "run") as process:
        async with asyncio.timeout(SECONDS):
            node = await site.connections.get()
        yield node, process


async def ended(process: asyncio.subprocess.Process) -> str:
    async with asyncio.timeout(SECONDS):
        _, errors = await process.communicate()
    assert b"Traceback" not in errors, errors.decode()
    return errors.decode()


async def test_models_are_offered_unloaded_and_loaded_by_their_first_question(
    running: tuple[NodeAtSite, asyncio.subprocess.Process], home: Path
) -> None:
    node, process = running
    hello = await node.welcome()
    assert [(model.alias, model.loaded, model.slots) for model in hello.models] == [
        ("one", False, 1),
        ("two", False, 2),
    ]
    pair = PLAIN_PAIRS[0]
    await node.say(question("two", pair.question))
    assert await node.text(len(pair.answer)) == pair.answer
    state = await until(home, lambda state: not state["running"])
    assert {model["alias"]: model["loaded"] for model in state["models"]} == {"one": False, "two": True}
    assert "there is no file" in state["problems"]["broken"]
    await node.say(wire.Order(do="load", model="one"))
    await until(home, lambda state: all(model["loaded"] for model in state["models"]))
    await node.say(wire.Order(do="unload", model="two"))
    await until(home, lambda state: [model["loaded"] for model in state["models"]] == [True, False])
    process.terminate()
    await ended(process)
    assert process.returncode == 0
    assert not (home / control.NAME).exists()


async def test_the_owner_pauses_and_the_site_is_told(
    running: tuple[NodeAtSite, asyncio.subprocess.Process], home: Path
) -> None:
    node, _ = running
    await node.welcome()
    assert (await node.hear(wire.Availability)).max_slots == 3
    async with program(home, "inference_client", "pause") as command:
        async with asyncio.timeout(SECONDS):
            await command.communicate()
    assert command.returncode == 0
    told = await node.hear(wire.Availability)
    assert (told.state, told.why) == ("paused", "owner")
    # The site's operator does not take the owner's word back; the owner does.
    await node.say(wire.Order(do="resume"))
    state = await until(home, lambda state: True)
    assert state["availability"]["state"] == "paused"
    await asyncio.to_thread(control.ask, home, Request(do="resume"))
    assert (await node.hear(wire.Availability)).state == "open"


async def test_a_drain_lets_the_answer_end_and_then_the_program(
    running: tuple[NodeAtSite, asyncio.subprocess.Process], home: Path
) -> None:
    node, process = running
    await node.welcome()
    await node.hear(wire.Availability)
    pair = PLAIN_PAIRS[0]
    await node.say(question("one", pair.question))
    await node.say(wire.Order(do="drain"))
    told = await node.hear(wire.Availability)
    assert (told.state, told.why) == ("draining", "site")
    assert await node.text(len(pair.answer)) == pair.answer
    assert (await node.hear(wire.Finished)).reason == "stop"
    await node.hear(wire.Leaving)
    errors = await ended(process)
    assert process.returncode == 0
    assert "nothing runs any more" in errors


async def test_status_of_a_running_program_is_json_for_programs(
    running: tuple[NodeAtSite, asyncio.subprocess.Process], home: Path
) -> None:
    async with program(home, "inference_client", "check") as command:
        await ended(command)
    state = await until(home, lambda state: True)
    json.dumps(state)
    assert re.fullmatch(r"\d+", str(state["pid"]))
    assert state["pid"] == running[1].pid


async def test_a_second_program_with_the_same_key_is_refused_and_the_first_keeps_its_socket(
    running: tuple[NodeAtSite, asyncio.subprocess.Process], home: Path
) -> None:
    async with program(home, "inference_client", "run") as second:
        assert "already runs with this key" in await ended(second)
    assert second.returncode == 8
    assert (await until(home, lambda state: True))["pid"] == running[1].pid


async def test_a_configuration_without_one_usable_model_ends_the_program_with_the_reason(
    site: FakeSite, home: Path
) -> None:
    configure(home, '[[model]]\nalias = "broken"\nfile = "absent.gguf"\n')
    async with program(home, "inference_client", "run") as process:
        assert "there is no file" in await ended(process)
    assert process.returncode == 7


async def test_a_model_above_the_owners_memory_is_refused_before_loading(site: FakeSite, home: Path) -> None:
    configure(home, f'[limits]\nmemory = "1 MiB"\n[[model]]\nalias = "m"\nfile = "{MODEL_PATH}"\n')
    async with program(home, "inference_client", "run") as process:
        assert "models may use 0.00 GiB here" in await ended(process)
    assert process.returncode == 7


# --- two machines with one key, and a wrong clock -------------------------------------------------------------------


async def test_the_copy_of_a_machine_ends_the_older_one_which_says_why(
    running: tuple[NodeAtSite, asyncio.subprocess.Process], site: FakeSite, home: Path
) -> None:
    """A restored backup on a second machine: another state directory with the same key, which no lock can see."""
    node, process = running
    await node.welcome()
    copy = shutil.copytree(home, home.with_name("copy"), ignore=shutil.ignore_patterns("*.sock", "run.lock"))
    async with program(copy, "inference_client", "run") as second:
        async with asyncio.timeout(SECONDS):
            newer = await site.connections.get()
        # What the site does with the older one.
        await node.socket.close(4409, "replaced")
        errors = await ended(process)
        assert process.returncode == 8
        assert "another program has connected with this machine's key" in errors
        await newer.welcome()
        pair = PLAIN_PAIRS[0]
        await newer.say(question("one", pair.question))
        assert await newer.text(len(pair.answer)) == pair.answer
        assert second.returncode is None


@pytest.mark.parametrize("seconds", [86_400, -86_400])
async def test_a_clock_one_day_off_is_said_and_harms_nothing(site: FakeSite, home: Path, seconds: int) -> None:
    configure(home)
    site.clock = lambda: time.time() + seconds
    async with program(home, "inference_client", "run") as process:
        async with asyncio.timeout(SECONDS):
            node = await site.connections.get()
        await node.welcome()
        pair = PLAIN_PAIRS[0]
        await node.say(question("one", pair.question))
        assert await node.text(len(pair.answer)) == pair.answer
        process.terminate()
        errors = await ended(process)
    assert process.returncode == 0
    assert "clock and the site's differ by 1440 minutes" in errors


# --- memory for one of two, and a client that was killed ------------------------------------------------------------


async def test_two_models_that_do_not_fit_together_both_answer_in_turns(site: FakeSite, home: Path) -> None:
    configure(home, TWO.replace("max_slots = 3", 'max_slots = 3\nmemory = "150 MiB"'))
    async with program(home, "inference_client", "run") as process:
        async with asyncio.timeout(SECONDS):
            node = await site.connections.get()
        hello = await node.welcome()
        assert {model.alias for model in hello.models} == {"one", "two"}
        pair = PLAIN_PAIRS[0]
        asked = {}
        for alias in ("one", "two", "one"):
            message = question(alias, pair.question)
            asked[message.generation] = ""
            await node.say(message)
        ended_ones: set[object] = set()
        async with asyncio.timeout(SECONDS):
            while len(ended_ones) < len(asked):
                message_ = await node.inbox.get()
                assert not isinstance(message_, wire.Failed), message_
                if isinstance(message_, wire.Models):
                    assert sum(model.loaded for model in message_.models) <= 1
                elif isinstance(message_, wire.Deltas):
                    for item in message_.items:
                        asked[item.g] += item.x
                elif isinstance(message_, wire.Finished):
                    ended_ones.add(message_.generation)
        assert set(asked.values()) == {pair.answer}
        process.terminate()
        errors = await ended(process)
    assert "leaves memory: to make room" in errors


async def test_after_a_killed_client_the_next_one_takes_the_owners_commands(
    running: tuple[NodeAtSite, asyncio.subprocess.Process], site: FakeSite, home: Path
) -> None:
    await asyncio.to_thread(control.ask, home, Request(do="pause"))
    running[1].kill()
    await running[1].wait()
    assert (home / control.NAME).exists()
    with pytest.raises(Problem, match="no inference client runs"):
        await asyncio.to_thread(control.ask, home, Request(do="status"))
    async with program(home, "inference_client", "run") as process:
        async with asyncio.timeout(SECONDS):
            node = await site.connections.get()
        await node.welcome()
        # A pause outlasts even that.
        told = await node.hear(wire.Availability)
        assert (told.state, told.why) == ("paused", "owner")
        assert (await until(home, lambda state: True))["pid"] == process.pid
