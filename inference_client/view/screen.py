"""The view on a terminal: log lines scroll above it, it is redrawn below them once a second.

All writing happens in one thread: a terminal that does not take text (its owner holds it with Ctrl-S) must not hold up
answers.
"""

import asyncio
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from inference_client.engines.base import Engine
from inference_client.link import Link
from inference_client.view.picture import Snapshot, picture

log = logging.getLogger(__name__)

DRAW_SECONDS: Final = 1.0
LOG_SECONDS: Final = 0.2
END_SECONDS: Final = 2.0
LAST_ERRORS: Final = 3
WAITING_LINES: Final = 1000
"""Log lines kept for a terminal that takes none; the oldest go first."""


_NUMBERS: Final = re.compile(r"[0-9]+")


class _Log(logging.Handler):
    """Takes log lines for the thread that writes; keeps the last warnings and errors."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=WAITING_LINES)
        self.errors: deque[tuple[str, str]] = deque(maxlen=LAST_ERRORS)
        self._kind, self._times = "", 0
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.lines.append(self.format(record))
            if record.levelno >= logging.WARNING:
                self._remember(time.strftime("%H:%M:%S", time.localtime(record.created)), record.getMessage())
        except (TypeError, ValueError):
            # Arguments that do not fit the words: reported as by every handler of logging.
            self.handleError(record)

    def _remember(self, when: str, words: str) -> None:
        """What differs from the one before only in its numbers takes its place, and is counted."""
        kind = _NUMBERS.sub("", words)
        if self.errors and kind == self._kind:
            self.errors.pop()
            self._times += 1
            self.errors.append((when, f"({self._times} times) {words}"))
        else:
            self._kind, self._times = kind, 1
            self.errors.append((when, words))


class Screen:
    """``follow`` is for ``serve``'s ``started``: from then on the view is there, until ``end``."""

    def __init__(self, engine: Engine, console: Console) -> None:
        self._engine = engine
        self._console = console
        self._seen: Snapshot | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._draw, name="view", daemon=True)
        self._look: asyncio.Task[None] | None = None
        self._logs = _Log(None)
        self._silenced: list[logging.Handler] = []

    def follow(self, link: Link) -> None:
        """Called in the event loop. What is shown is gathered there, so that nothing changes meanwhile."""
        self._take_logs()
        self._seen = self._gather(link)
        self._look = asyncio.create_task(self._gather_often(link))
        self._thread.start()

    def end(self) -> None:
        """Writes what is left and gives the terminal back."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(END_SECONDS)
        root = logging.getLogger()
        root.removeHandler(self._logs)
        for handler in self._silenced:
            root.addHandler(handler)
        self._silenced = []

    def _take_logs(self) -> None:
        """Instead of the handlers that write on the same terminal; files go on getting theirs."""
        root = logging.getLogger()
        for handler in list(root.handlers):
            if _is_terminal(handler):
                root.removeHandler(handler)
                self._silenced.append(handler)
                self._logs.setFormatter(handler.formatter)
        root.addHandler(self._logs)

    async def _gather_often(self, link: Link) -> None:
        while True:
            await asyncio.sleep(DRAW_SECONDS)
            self._seen = self._gather(link)

    def _gather(self, link: Link) -> Snapshot:
        return Snapshot(
            address=link.address.url,
            name=link.name,
            connected=link.connected.is_set(),
            trouble=link.trouble,
            uptime=link.meter.uptime,
            reconnections=link.reconnections,
            running=link.running,
            availability=link.availability,
            models=self._engine.models(),
            metrics=link.meter.models,
            reading=link.meter.reading,
            errors=tuple(self._logs.errors),
        )

    # --- in the thread that writes ----------------------------------------------------------------------------------

    def _draw(self) -> None:
        try:
            self._keep_drawing()
        except OSError as error:
            # The terminal is gone; the answers are not.
            log.warning("the view ends: %s", error.strerror)

    def _keep_drawing(self) -> None:
        with Live(console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop") as live:
            # A program that is killed could not bring a hidden cursor back.
            self._console.show_cursor(True)
            drawn: Snapshot | None = None
            while not self._ended.wait(LOG_SECONDS):
                wrote = self._write_logs()
                if self._seen is not None and (wrote or self._seen is not drawn):
                    drawn = self._seen
                    live.update(picture(drawn, self._console.width, self._console.height), refresh=True)
        self._write_logs()

    def _write_logs(self) -> bool:
        wrote = False
        while self._logs.lines:
            self._console.print(Text(self._logs.lines.popleft()), soft_wrap=True)
            wrote = True
        return wrote


def _is_terminal(handler: logging.Handler) -> bool:
    isatty = getattr(getattr(handler, "stream", None), "isatty", None)
    return bool(isatty is not None and isatty())


@contextmanager
def shown(engine: Engine, *, plain: bool = False, console: Console | None = None) -> Iterator[Callable[[Link], None]]:
    """Yields what ``serve`` calls when it has its link. Where there is no terminal, or ``plain``: nothing happens."""
    console = console or Console()
    # FORCE_COLOR and its like make a terminal of a pipe for colours, not for a view.
    if plain or not console.is_terminal or console.is_dumb_terminal or not console.file.isatty():
        yield lambda _: None
        return
    screen = Screen(engine, console)
    try:
        yield screen.follow
    finally:
        screen.end()
