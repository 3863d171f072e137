"""The owner speaks to the running client: from the terminal, and against what the site says."""

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from inference_client import control
from inference_client.control import Request, State
from inference_client.keeper import Keeper
from inference_client.owner import Limits
from inference_client.problems import Exit, Problem
from inference_client.protocol.messages import Availability, Order
from inference_client.state import Home
from tests.fakes.engine import ScriptedEngine

SECONDS = 10.0


def ask(folder: Path, do: str, model: str = "") -> State:
    return control.ask(folder, Request(do=do, model=model))


async def in_thread(folder: Path, do: str, model: str = "") -> State:
    return await asyncio.to_thread(ask, folder, do, model)


# --- the socket -----------------------------------------------------------------------------------------------------


async def test_a_request_gets_the_state(tmp_path: Path) -> None:
    heard: list[Request] = []

    def answer(request: Request) -> State:
        heard.append(request)
        return {"pid": 7}

    async with control.served(tmp_path, answer):
        assert await in_thread(tmp_path, "load", "small") == {"pid": 7}
        assert stat.S_IMODE((tmp_path / control.NAME).stat().st_mode) == 0o600
    assert heard == [Request(do="load", model="small")]
    assert not (tmp_path / control.NAME).exists()


def test_without_a_running_client_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="inference_client run") as caught:
        ask(tmp_path, "pause")
    assert caught.value.exit_code == Exit.CONTROL


async def test_the_socket_of_a_dead_client_is_replaced(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / control.NAME))
    dead.close()
    with pytest.raises(Problem, match="no inference client runs"):
        ask(tmp_path, "status")
    async with control.served(tmp_path, lambda request: {"pid": 1}):
        assert await in_thread(tmp_path, "status") == {"pid": 1}


@pytest.mark.parametrize(
    "line", [b"{}\n", b"[1]\n", b'{"do": "explode"}\n', b'{"do": "pause", "x": 1}\n', b"\xff\n", b"\n", b'{"do":']
)
async def test_what_is_no_request_is_refused_and_the_next_one_served(tmp_path: Path, line: bytes) -> None:
    async with control.served(tmp_path, lambda request: {"pid": 1}):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / control.NAME))
        writer.write(line)
        writer.write_eof()
        async with asyncio.timeout(SECONDS):
            assert "problem" in json.loads(await reader.read())
        writer.close()
        assert await in_thread(tmp_path, "status") == {"pid": 1}


async def test_a_request_without_end_is_cut_off(tmp_path: Path) -> None:
    async with control.served(tmp_path, lambda request: {"pid": 1}):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / control.NAME))
        writer.write(b"x" * 10 * control.MAX_REQUEST)
        async with asyncio.timeout(SECONDS):
            # Closed with unread bytes, it may be reset.
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()
        assert await in_thread(tmp_path, "status") == {"pid": 1}


async def test_a_refusal_and_an_unexpected_error_reach_the_terminal_in_words(tmp_path: Path) -> None:
    def refuse(request: Request) -> State:
        if request.do == "load":
            raise Problem("unknown_model", "there is no model 'x' here", Exit.CONTROL)
        raise ValueError("secret inside")

    async with control.served(tmp_path, refuse):
        with pytest.raises(Problem, match="there is no model 'x' here"):
            await in_thread(tmp_path, "load", "x")
        with pytest.raises(Problem, match="its log says why"):
            await in_thread(tmp_path, "drain")


async def test_a_client_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "SECONDS", 0.05)
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(tmp_path / control.NAME))
    silent.listen()
    with pytest.raises(Problem, match="does not answer"):
        ask(tmp_path, "status")
    silent.close()


async def test_a_path_too_long_for_a_socket_leaves_the_client_running(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    async with control.served(folder, lambda request: {}):
        pass
    assert "too long for a socket" in caplog.text


# --- the keeper -----------------------------------------------------------------------------------------------------


class FakeLink:
    """What a keeper needs of a link."""

    def __init__(self) -> None:
        self.told: list[Availability] = []
        self.connected = asyncio.Event()
        self.stopped = asyncio.Event()

    def availability_changed(self, availability: Availability) -> None:
        self.told.append(availability)

    def stop(self) -> None:
        self.stopped.set()


class FakeSession:
    """What a keeper needs of a session."""

    running = 0
    unsent = False


class Kept:
    """A keeper with everything around it in the test's hand."""

    def __init__(self, home: Home, limits: Limits = Limits()) -> None:
        self.link, self.session = FakeLink(), FakeSession()
        self.on_battery: bool | None = False
        self.time = 1_000.0
        self.keeper = Keeper(
            home,
            self.link,
            self.session,
            ScriptedEngine(),
            limits,
            battery=lambda: self.on_battery,
            clock=lambda: self.time,
            local_time=lambda: datetime(2026, 3, 2, 12),
        )

    def states(self) -> list[str]:
        return [f"{item.state} {item.why}".strip() for item in self.link.told]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


async def test_the_site_is_told_once_of_each_change(home: Home) -> None:
    kept = Kept(home, Limits(pause_on_battery=True))
    await kept.keeper.look()
    assert kept.states() == []
    kept.on_battery = True
    for _ in range(3):
        await kept.keeper.look()
    assert kept.states() == ["paused battery"]
    kept.on_battery = False
    await kept.keeper.look()
    kept.time += 60
    await kept.keeper.look()
    assert kept.states() == ["paused battery", "open"]


async def test_a_pause_is_told_at_once_and_outlasts_a_restart(home: Home) -> None:
    kept = Kept(home)
    assert kept.keeper.asked(Request(do="pause"))["availability"]["state"] == "paused"
    assert kept.states() == ["paused owner"]
    again = Kept(home)
    await again.keeper.look()
    assert again.states() == ["paused owner"]
    again.keeper.asked(Request(do="resume"))
    assert again.states() == ["paused owner", "open"]
    third = Kept(home)
    await third.keeper.look()
    assert third.states() == []


async def test_the_sites_operator_pauses_and_resumes_but_not_against_the_owner(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(home)
    kept.keeper.ordered(Order(do="pause"))
    kept.keeper.ordered(Order(do="resume"))
    assert kept.states() == ["paused site", "open"]
    kept.keeper.asked(Request(do="pause"))
    kept.keeper.ordered(Order(do="resume"))
    assert kept.states()[-1] == "paused owner"
    assert "only the owner resumes it" in caplog.text


async def test_a_damaged_note_of_wishes_is_as_good_as_none(home: Home) -> None:
    for text in ("", "[]", '{"paused": 3}', '{"paused": "aliens"}', "\x00"):
        (home.path / "wishes.json").write_text(text)
        kept = Kept(home)
        await kept.keeper.look()
        assert kept.states() == []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference_client.keeper.DRAIN_LOOK_SECONDS", 0.001)
    monkeypatch.setattr("inference_client.keeper.LOOK_SECONDS", 0.001)


async def test_a_drain_ends_the_client_after_its_last_answer(home: Home, soon: None) -> None:
    kept = Kept(home)
    kept.session.running = 2
    running = asyncio.create_task(kept.keeper.run())
    kept.keeper.ordered(Order(do="drain"))
    assert kept.states() == ["draining site"]
    looked = kept.keeper._senses
    await until(lambda: kept.keeper._senses is not looked)
    kept.session.running, kept.session.unsent = 0, True
    looked = kept.keeper._senses
    await until(lambda: kept.keeper._senses is not looked)
    assert not kept.link.stopped.is_set()
    kept.session.unsent = False
    await until(kept.link.stopped.is_set)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    # A drain is not a pause: who starts the client again wants it to work.
    again = Kept(home)
    await again.keeper.look()
    assert again.states() == []


async def test_a_drained_client_does_not_wait_for_ever_for_a_site_that_is_away(home: Home, soon: None) -> None:
    kept = Kept(home)
    kept.session.unsent = True
    running = asyncio.create_task(kept.keeper.run())
    kept.keeper.asked(Request(do="drain"))
    await until(lambda: kept.keeper._idle_since is not None)
    kept.time += 121
    await until(kept.link.stopped.is_set)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_models_are_loaded_by_name_and_an_unknown_name_is_refused(home: Home) -> None:
    kept = Kept(home)
    kept.keeper.asked(Request(do="load", model="scripted"))
    kept.keeper.asked(Request(do="unload", model="scripted"))
    with pytest.raises(Problem, match="there are: scripted"):
        kept.keeper.asked(Request(do="load", model="other"))
    kept.keeper.ordered(Order(do="load", model="other"))


async def test_the_state_says_what_a_person_wants_to_know(home: Home) -> None:
    kept = Kept(home)
    state = kept.keeper.asked(Request(do="status"))
    assert state["pid"] == os.getpid()
    assert state["models"][0]["alias"] == "scripted"
    assert state["availability"]["state"] == "open"
    json.dumps(state)
