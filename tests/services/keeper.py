"""Ends what a test session started even when that session is killed outright.

Runs as a process of its own and reads lines from a pipe that only the session holds: ``+ GROUP SIGNAL`` (watch this process group),
``- GROUP`` (ended already), ``d PATH`` (folder to remove at the end). When the pipe closes, for whatever reason, each watched group
gets its signal and each folder is removed. This works alike on Linux and macOS; a parent-death signal exists on Linux alone.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path


class Keeper:
    """The session's end of the pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__], stdin=subprocess.PIPE, text=True, start_new_session=True, cwd="/"
        )
        self._lock = threading.Lock()

    def watch(self, group: int, end_signal: signal.Signals) -> None:
        self._say(f"+ {group} {int(end_signal)}")

    def forget(self, group: int) -> None:
        self._say(f"- {group}")

    def remove_at_end(self, folder: Path) -> None:
        self._say(f"d {folder}")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()


_keeper: Keeper | None = None


def keeper() -> Keeper:
    """The one keeper of this process, started at first use."""
    global _keeper
    if _keeper is None:
        _keeper = Keeper()
    return _keeper


def keep() -> None:
    """The keeper's own life: read until the pipe closes, then clear up."""
    groups: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        verb, _, rest = line.strip().partition(" ")
        if verb == "+":
            group, number = rest.split()
            groups[int(group)] = int(number)
        elif verb == "-":
            groups.pop(int(rest), None)
        elif verb == "d":
            folders.append(rest)
    for group, number in groups.items():
        # Gone already, or (after a wrap of process numbers) somebody else's: both are no business of ours.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep()
