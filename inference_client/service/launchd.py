"""An agent of the owner's own launchd, under ``~/Library/LaunchAgents``: needs no root."""

import os
import plistlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from inference_client.service.program import RESTART_SECONDS, STOP_SECONDS, Done, Program, Runner, refused, write

LOAD_SECONDS: Final = 10.0
"""launchd forgets an agent some time after it was told to; until then it takes no new one of that name."""

_REMEDY: Final = "log in on the Mac's own screen once (an agent needs its owner's session), then try again"


def plist(program: Program, log: Path) -> bytes:
    """The agent's file.

    launchd knows two ends, good and bad, and starts a bad one again. ``supervised`` tells it that an end which another
    start would not change was good.
    """
    return plistlib.dumps(
        {
            "Label": program.name,
            "ProgramArguments": [str(program.python), "-m", "inference_client.service.supervised", *program.options],
            "WorkingDirectory": str(program.folder),
            "EnvironmentVariables": dict(program.environment),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": RESTART_SECONDS,
            "ExitTimeOut": STOP_SECONDS,
            "Umask": 0o077,
            "StandardOutPath": str(log),
            "StandardErrorPath": str(log),
        }
    )


class Launchd:
    """``run`` runs commands, ``home`` is the owner's directory, ``user`` the owner's number."""

    def __init__(
        self,
        program: Program,
        run: Runner,
        home: Path,
        *,
        user: int | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._program = program
        self._run = run
        self._pause = pause
        self._domain = f"gui/{os.getuid() if user is None else user}"
        self._target = f"{self._domain}/{program.name}"
        self.path = home / "Library" / "LaunchAgents" / f"{program.name}.plist"
        self.log = home / "Library" / "Logs" / "MeatLizard" / f"{program.name}.log"

    def install(self) -> list[str]:
        content = plist(self._program, self.log)
        changed = not self.path.exists() or self.path.read_bytes() != content
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if changed:
            write(self.path, content)
        loaded = self._print() is not None
        if loaded and changed:
            self._launchctl("bootout", self._target)
            loaded = False
        if not loaded:
            self._launchctl("enable", self._target)
            self._load()
        else:
            # One that runs goes on with its answers; one that ended for good begins anew.
            self._launchctl("kickstart", self._target)
        return [f"{'Installed' if changed else 'Already installed'}: {self.path}", f"Its log: {self.log}"]

    def uninstall(self) -> list[str]:
        if not self.path.exists():
            return [f"There is no {self.path}; nothing to do."]
        loaded = self._print() is not None
        stopped = self._launchctl("bootout", self._target) if loaded else Done(0)
        self.path.unlink()
        said = [f"Removed {self.path}. Its log stays: {self.log}"]
        if stopped.code:
            said.append(f"launchd did not stop it ({stopped.output or stopped.code}); it runs until you log out.")
        return said

    def status(self) -> list[str]:
        if not self.path.exists():
            return ["not installed; install it with: python -m inference_client service install"]
        said = [f"installed: {self.path}"]
        found = self._print()
        if found is None:
            return [*said, "not loaded; load it with: python -m inference_client service install", f"log: {self.log}"]
        said.append(f"state: {found.get('state', 'unknown')}")
        if "pid" in found:
            said.append(f"process: {found['pid']}, started {found.get('runs', '?')} times")
        elif "last exit code" in found:
            said.append(f"last exit code: {found['last exit code']}; the log says why")
        return [*said, f"log: {self.log}"]

    def active(self) -> bool:
        return "pid" in (self._print() or {})

    def _load(self) -> None:
        command = ("bootstrap", self._domain, str(self.path))
        waited = 0.0
        while (done := self._launchctl(*command)).code:
            if waited >= LOAD_SECONDS or self._print() is not None:
                raise refused(("launchctl", *command), done, _REMEDY)
            self._pause(0.5)
            waited += 0.5

    def _print(self) -> dict[str, str] | None:
        """What launchd says about the agent, the first value of each name; None if it does not know it."""
        done = self._launchctl("print", self._target)
        if done.code:
            return None
        found: dict[str, str] = {}
        for line in done.output.splitlines():
            name, separator, value = line.strip().partition(" = ")
            if separator:
                found.setdefault(name, value)
        return found

    def _launchctl(self, *words: str) -> Done:
        return self._run(("launchctl", *words))
