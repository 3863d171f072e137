"""What the owner of a machine sees: true figures, whole lines, and a terminal that works afterwards."""

import asyncio
import io
import logging
import os
import pty
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.console import Console

from inference_client import view
from inference_client.machine import Gpu, Reading
from inference_client.protocol import keys
from inference_client.protocol.messages import Availability, Finished, Leaving
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics
from inference_client.state import Home, Site
from inference_client.view.picture import Snapshot, duration, picture
from tests.fakes.engine import ScriptedEngine
from tests.inference_client.fake_site import NODE, FakeSite, fake_site
from tests.inference_client.running_link import generate, running

SECONDS = 30.0
SHOW, HIDE = "\x1b[?25h", "\x1b[?25l"

BUSY = Snapshot(
    address="https://chat.example.org",
    name="mac",
    connected=True,
    uptime=3 * 3600 + 12 * 60,
    reconnections=2,
    running=3,
    availability=Availability(state="open", max_slots=4, own_only=True),
    models=(
        ModelInfo(alias="llama-3.1-8b-instruct", context_length=8192, slots=4),
        ModelInfo(alias="a-model-with-a-name-that-is-longer-than-any-terminal-is-wide-x", context_length=512, slots=2, loaded=False),
    ),
    metrics=(ModelMetrics(alias="llama-3.1-8b-instruct", seconds=5, prompt_tokens=4000, completion_tokens=216, busy=2, waiting=1),),
    reading=Reading(8 * 2**30, 12 * 2**30, Gpu(0.87, 9 * 2**30, None), 61.4),
    errors=(("12:03:11", "the connection to the site was lost; trying again"),),
)  # fmt: skip


def lines(seen: Snapshot, width: int, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    console.print(picture(seen, width, height))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_all_that_is_known_stands_on_eighty_columns() -> None:
    text = "\n".join(lines(BUSY, 80))
    for words in (
        "connected to https://chat.example.org as mac",
        "3 running, 1 waiting, at most 4 at once, own jobs only, up 3 h 12 min",
        "memory 8.0 GB, free 12.0 GB, GPU 87%, 9.0 GB, 61 °C",
        "12:03:11 the connection to the site was lost; trying again",
    ):
        assert words in text
    (row,) = re.findall(r"llama-3.1-8b-instruct .*", text)
    assert row.split() == ["llama-3.1-8b-instruct", "loaded", "2/4", "1", "800.0", "43.2", "0"]


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in lines(BUSY, width)) <= width


def test_forty_columns_keep_the_figures_that_matter() -> None:
    (row,) = [line for line in lines(BUSY, 40) if line.startswith("llama")]
    assert row.split()[-3:] == ["2/4", "1", "43.2"]


def test_what_is_not_known_is_not_invented() -> None:
    text = "\n".join(lines(Snapshot("https://x", models=BUSY.models), 80))
    assert "GPU" not in text
    assert "°C" not in text
    assert "memory –, free –" in text
    assert "–/4" in text
    never_measured = (ModelMetrics(alias="llama-3.1-8b-instruct", seconds=0),)
    (row,) = [
        line for line in lines(Snapshot("x", models=BUSY.models[:1], metrics=never_measured), 80) if "llama" in line
    ]
    assert row.split()[-3:] == ["–", "–", "0"]


def test_the_cursor_has_a_line_of_its_own() -> None:
    assert lines(BUSY, 40)[-1] == ""


def test_a_pause_says_why() -> None:
    text = "\n".join(lines(Snapshot("x", availability=Availability(state="paused", why="quiet_hours")), 80))
    assert "paused (quiet hours)" in text


def test_more_models_than_lines_are_counted() -> None:
    models = tuple(ModelInfo(alias=f"model-{number}", context_length=512, slots=1) for number in range(100))
    shown = lines(Snapshot("x", models=models), 80, 24)
    assert len(shown) <= 23
    assert any("and 86 more" in line for line in shown)


def test_a_log_line_cannot_move_the_cursor() -> None:
    seen = Snapshot("x", errors=(("12:00:00", "two\nlines\x1b[2J[bold]"),))
    assert lines(seen, 80)[-2] == "12:00:00 two lines [2J[bold]"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 min"), (59 * 60, "59 min"), (3600, "1 h 0 min"), (86_400 * 3 + 3600, "3 d 1 h")]
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# --- the terminal -----------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """Remembers what was written to it, and says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def handlers() -> Iterator[Terminal]:
    """The root logger writes on a terminal, as the program's does."""
    terminal = Terminal()
    handler = logging.StreamHandler(terminal)
    root = logging.getLogger()
    root.addHandler(handler)
    yield terminal
    root.removeHandler(handler)


def console(terminal: io.StringIO) -> Console:
    return Console(file=terminal, force_terminal=True, width=80, height=24, _environ={"TERM": "xterm"})


async def seen_on(terminal: io.StringIO, words: str) -> None:
    async with asyncio.timeout(SECONDS):
        while words not in terminal.getvalue():
            await asyncio.sleep(0.02)


async def test_the_view_follows_the_link_and_log_lines_stand_above_it(handlers: Terminal) -> None:
    terminal = Terminal()
    before = set(logging.getLogger().handlers)
    async with fake_site() as site, running(site) as run:
        with view.shown(run.engine, console=console(terminal)) as started:
            started(run.link)
            await seen_on(terminal, "not connected")
            node = await site.next_node()
            await node.welcome()
            await seen_on(terminal, f"connected\x1b[0m to {run.link.address.url} as mac")
            logging.getLogger("inference_client").warning("a word from %s", "Alice")
            await seen_on(terminal, "a word from Alice\n")
            await seen_on(terminal, "\x1b[33ma word from Alice")
    assert set(logging.getLogger().handlers) == before
    assert handlers.getvalue().count("a word from Alice") == 0
    assert terminal.getvalue().rfind(SHOW) > terminal.getvalue().rfind(HIDE)


async def test_an_error_that_repeats_itself_is_counted(handlers: Terminal) -> None:
    terminal = Terminal()
    async with fake_site() as site, running(site) as run:
        with view.shown(run.engine, console=console(terminal)) as started:
            started(run.link)
            for seconds in (1, 2, 3):
                logging.getLogger("inference_client").warning("away; trying again in %d s", seconds)
            logging.getLogger("inference_client").warning("something else")
            await seen_on(terminal, "\x1b[33m(3 times) away; trying again in 3 s")
            await seen_on(terminal, "\x1b[33msomething else")


async def test_after_a_crash_the_terminal_is_as_before(handlers: Terminal) -> None:
    terminal = Terminal()
    async with fake_site() as site, running(site) as run:
        with pytest.raises(RuntimeError), view.shown(run.engine, console=console(terminal)) as started:  # noqa: PT012
            started(run.link)
            logging.getLogger("inference_client").error("the last words")
            raise RuntimeError("broken")
    assert "the last words" in terminal.getvalue()
    assert terminal.getvalue().rfind(SHOW) > terminal.getvalue().rfind(HIDE)
    logging.getLogger("inference_client").error("after the view")
    assert "after the view" in handlers.getvalue()
    assert not [thread for thread in threading.enumerate() if thread.name == "view"]


@pytest.mark.parametrize(
    ("plain", "terminal", "environment"),
    [
        (True, Terminal(), {"TERM": "xterm"}),
        (False, Terminal(), {"TERM": "dumb"}),
        (False, io.StringIO(), {"TERM": "xterm"}),
        (False, io.StringIO(), {"TERM": "xterm", "FORCE_COLOR": "1"}),
    ],
)
async def test_without_a_terminal_or_when_not_wanted_there_is_no_view(
    handlers: Terminal, plain: bool, terminal: io.StringIO, environment: dict[str, str]
) -> None:
    to = Console(file=terminal, _environ=environment)
    async with fake_site() as site, running(site) as run:
        with view.shown(run.engine, plain=plain, console=to) as started:
            started(run.link)
            logging.getLogger("inference_client").error("as ever")
    assert terminal.getvalue() == ""
    assert "as ever" in handlers.getvalue()


async def test_a_terminal_that_goes_away_does_not_end_the_answers(handlers: Terminal) -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    async with fake_site() as site, running(site) as run:
        with view.shown(run.engine, console=console(Gone())) as started:
            started(run.link)
            node = await site.next_node()
            await node.welcome()
            async with asyncio.timeout(SECONDS):
                await run.link.connected.wait()


class OnTerminal:
    """The scripted client as a process on a terminal of its own, which is read only when ``read`` says so."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: int) -> None:
        self.process = process
        self.written = bytearray()
        self.arrived = asyncio.Event()
        self._terminal = terminal

    def read(self) -> None:
        asyncio.get_running_loop().add_reader(self._terminal, self._take)

    async def shows(self, words: bytes) -> None:
        async with asyncio.timeout(SECONDS):
            while words not in self.written:
                self.arrived.clear()
                await self.arrived.wait()

    def _take(self) -> None:
        try:
            self.written.extend(os.read(self._terminal, 65536))
        except OSError:
            asyncio.get_running_loop().remove_reader(self._terminal)
        self.arrived.set()


@asynccontextmanager
async def on_terminal(site: FakeSite, home: Home, *arguments: str) -> AsyncIterator[OnTerminal]:
    key = keys.generate()
    site.enrolled.add(keys.public_bytes(key))
    public = keys.public_to_text(keys.public_bytes(site.key))
    home.remember(Site(url=site.url, server_public=public, node=NODE, name="mac"), key)
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.run_client", "--home", str(home.path), *arguments),
        stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
    )  # fmt: skip
    os.close(theirs)
    try:
        yield OnTerminal(process, ours)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(ours)
        os.close(ours)


async def test_ctrl_c_on_a_real_terminal_ends_cleanly(tmp_path: Path) -> None:
    async with fake_site() as site, on_terminal(site, Home(tmp_path / "home")) as client:
        client.read()
        await (await site.next_node()).welcome()
        await client.shows(b"scripted")
        client.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(SECONDS):
            assert await client.process.wait() == 0
        await client.shows(SHOW.encode())
    text = client.written.decode()
    assert "Traceback" not in text
    assert text.rfind(SHOW) >= text.rfind(HIDE)


async def test_a_terminal_that_is_held_holds_up_no_answer(tmp_path: Path) -> None:
    """As with Ctrl-S: what is written stays where it is."""
    answers = 600
    async with (
        fake_site() as site,
        on_terminal(site, Home(tmp_path / "home"), "--rate", "500", "--words", "1") as client,
    ):
        node = await site.next_node()
        await node.welcome()
        for _ in range(answers):
            await node.say(generate())
        for _ in range(answers):
            await node.hear(Finished)
        client.process.send_signal(signal.SIGINT)
        await node.hear(Leaving)
        async with asyncio.timeout(SECONDS):
            assert await client.process.wait() == 0


def test_before_there_is_a_link_nothing_is_drawn() -> None:
    terminal = Terminal()
    with view.shown(ScriptedEngine.__new__(ScriptedEngine), console=console(terminal)):
        pass
    assert terminal.getvalue() == ""
