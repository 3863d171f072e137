"""The inference client as its owner starts it: ``python -m inference_client`` in a process of its own, with its own keys."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.services.programs import Program, new_folder, wait_until
from tests.services.site import ROOT, outer_environment

TINY_MODEL = ROOT / "tests/models/tiny.gguf"
SLOW_ON_SECONDS, SLOW_OFF_SECONDS = 0.005, 0.045
"""Slow motion: how long the engine runs and how long it stands, again and again: a step or two at a time."""


class LiveClient:
    """One client. ``freeze`` holds its engine (not its link) still, so that a test is in mid-answer for as long as it likes."""

    def __init__(self, model: Path = TINY_MODEL, **settings: str) -> None:
        self.home = new_folder("client")
        self.model = model
        self.settings = settings
        self._program: Program | None = None
        self._slow_thread: threading.Thread | None = None
        self._slow_done = threading.Event()

    @property
    def environment(self) -> dict[str, str]:
        return outer_environment() | {"MEATLIZARD_HOME": str(self.home)} | self.settings

    @property
    def program(self) -> Program:
        assert self._program is not None, "the client was not started"
        return self._program

    def run_command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs ``python -m inference_client`` with ``arguments`` to its end."""
        return subprocess.run(
            [sys.executable, "-m", "inference_client", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def pair(self, url: str, code: str) -> "LiveClient":
        done = self.run_command("pair", url, code)
        assert done.returncode == 0, f"pairing failed:\n{done.stdout}\n{done.stderr}"
        return self

    def start(self) -> "LiveClient":
        """Starts ``run``. It connects by itself; wait for what the site shows."""
        # One thread: two that wait for each other get nowhere on a machine where many others run.
        argv = [sys.executable, "-m", "inference_client", "run", "--model", str(self.model), "--threads", "1"]
        self._program = Program("client", argv, self.home / "client.log", env=self.environment, cwd=ROOT)
        return self

    def kill(self) -> None:
        """``kill -9`` of the client and its engine."""
        self._end_slow_motion()
        self.program.kill()

    def terminate(self) -> int:
        """Asks it to end, as Ctrl-C does; its exit code."""
        self.full_speed()
        return self.program.stop()

    def end(self) -> None:
        self._end_slow_motion()
        if self._program is not None and self._program.running:
            self._program.kill()

    def engines(self) -> list[psutil.Process]:
        """The engine's processes: all that the client has started."""
        children: list[psutil.Process] = psutil.Process(self.program.pid).children(recursive=True)
        return children

    def freeze(self) -> None:
        """Stops the engine where it stands, in the middle of a word if need be."""
        self._end_slow_motion()
        self._send(signal.SIGSTOP)

    def full_speed(self) -> None:
        """Ends slow motion and a freeze."""
        self._end_slow_motion()
        self._send(signal.SIGCONT)

    def slow_motion(self) -> None:
        """Slows the engine to about a hundred tokens a second, so that a person could read along."""
        self._end_slow_motion()
        engines = wait_until(self.engines, "the client has started its engine", 60, alive=self.program)
        self._slow_done = threading.Event()
        self._slow_thread = threading.Thread(target=_stop_and_go, args=(engines, self._slow_done))
        self._slow_thread.start()

    def _end_slow_motion(self) -> None:
        if self._slow_thread is not None:
            self._slow_done.set()
            self._slow_thread.join()
            self._slow_thread = None

    def _send(self, number: signal.Signals) -> None:
        if self._program is None or not self._program.running:
            return
        for engine in self.engines():
            engine.send_signal(number)


def _stop_and_go(engines: list[psutil.Process], done: threading.Event) -> None:
    try:
        while not done.is_set():
            for engine in engines:
                engine.send_signal(signal.SIGCONT)
            time.sleep(SLOW_ON_SECONDS)
            for engine in engines:
                engine.send_signal(signal.SIGSTOP)
            done.wait(SLOW_OFF_SECONDS)
    except psutil.NoSuchProcess:
        return
