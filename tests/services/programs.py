"""One running program: its process group, its log, and how it ends; and the waiting that tests do instead of sleeping."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, NoReturn, TypeVar

import psutil
import pytest

from tests.services.keeper import keeper

T = TypeVar("T")

POLL_SECONDS = 0.02


def required() -> bool:
    """Whether a missing program is a failure (``REQUIRE_SERVICES=1``) and not a reason to skip."""
    return os.environ.get("REQUIRE_SERVICES", "") not in ("", "0")


def missing(what: str) -> NoReturn:
    """Skips the test that needs ``what``, or fails it when services are required."""
    if required():
        pytest.fail(f"{what}, and REQUIRE_SERVICES=1 asks for it.", pytrace=False)
    pytest.skip(f"{what}. Install it to run this test.")


def find(*names: str, folders: Sequence[Path] = ()) -> str | None:
    """Path of the first program found under one of ``names``, in ``folders`` and then on PATH."""
    for name in names:
        for folder in folders:
            if os.access(folder / name, os.X_OK):
                return str(folder / name)
        if found := shutil.which(name):
            return found
    return None


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], T], what: str, seconds: float = 20, alive: "Program | None" = None) -> T:
    """Asks ``condition`` again and again until it is true and returns its answer.

    Raises AssertionError naming ``what`` after ``seconds``, or at once when the program ``alive`` has ended; its log is shown then.
    """
    deadline = time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if alive is not None and not alive.running:
            raise AssertionError(f"{alive.name} ended with {alive.exit_code} before {what}:\n{alive.tail()}")
        if time.monotonic() > deadline:
            log = "" if alive is None else f":\n{alive.tail()}"
            raise AssertionError(f"Not within {seconds:g} s: {what}{log}")
        time.sleep(POLL_SECONDS)


def new_folder(prefix: str) -> Path:
    """A new temporary folder with a short path (a Unix socket's may have 100 characters), removed when the session ends."""
    folder = Path(tempfile.mkdtemp(prefix=f"ml-{prefix}-"))
    keeper().remove_at_end(folder)
    return folder


class Program:
    """A program in a process group of its own, so that a signal reaches its children too. Output goes to ``log``.

    ``user``: run as this user. ``end_signal``: what asks this program to end at once, should the test session die.
    """

    running_now: ClassVar[list["Program"]] = []
    """All programs this process has started and not ended; a failing test shows what they printed from byte ``seen`` on."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        end_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.log = log
        self.seen = 0
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                extra_groups=None if user is None else [],
                start_new_session=True,
            )
        keeper().watch(self.pid, end_signal)
        Program.running_now.append(self)

    @property
    def pid(self) -> int:
        """Number of the process, and of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the whole group."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    @contextmanager
    def paused(self) -> Iterator[None]:
        """It and all it has started stand still within the block: connections stay open, and nothing is answered."""
        me = psutil.Process(self.pid)
        family = [me, *me.children(recursive=True)]
        try:
            for one in family:
                one.suspend()
            yield
        finally:
            for one in family:
                with suppress(psutil.NoSuchProcess):
                    one.resume()

    def kill(self) -> None:
        """``kill -9`` of the whole group: nothing of it can tidy up."""
        self.send(signal.SIGKILL)
        self._gone(10)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15) -> int:
        """Asks it to end and returns its exit code. One that does not end in time is killed, and that is an error."""
        self.send(number)
        try:
            return self._gone(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {seconds:g} s:\n{self.tail()}") from None

    def wait(self, seconds: float) -> int:
        """Waits for it to end by itself; its exit code. Raises subprocess.TimeoutExpired."""
        return self._gone(seconds)

    def tail(self, lines: int = 60, since: int = 0) -> str:
        """The last lines it printed, of those from byte ``since`` on."""
        return "\n".join(self.log.read_bytes()[since:].decode(errors="replace").splitlines()[-lines:])

    def _gone(self, seconds: float) -> int:
        code = self._process.wait(seconds)
        # What it left behind in its group ends with it, or the next start would meet it.
        self.send(signal.SIGKILL)
        keeper().forget(self.pid)
        if self in Program.running_now:
            Program.running_now.remove(self)
        return code
