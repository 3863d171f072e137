"""What a service runs, and what is common to all that run services."""

import hashlib
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import inference_client
from inference_client.problems import Exit, Problem
from inference_client.state import HOME_VARIABLE, Home, write_private

NAME: Final = "meatlizard-client"
COMMAND_SECONDS: Final = 60.0
RESTART_SECONDS: Final = 10
STOP_SECONDS: Final = 30

WRONG_COMMAND_LINE: Final = 2
FINAL: Final = (
    WRONG_COMMAND_LINE,
    *(Exit.NOT_PAIRED, Exit.REFUSED, Exit.VERSION, Exit.MODEL, Exit.RUNNING, Exit.CONFIG),
)
"""Exit codes after which another start would end the same way, until a person does something."""

PASSED_ON: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY")
"""Of the environment of whoever installs it: without them the site may not be reached."""


class Done(NamedTuple):
    """How a command ended: its exit code, 127 if there is no such program, and all it wrote."""

    code: int
    output: str = ""


Runner = Callable[[Sequence[str]], Done]


class Service(Protocol):
    """A service that may be installed. Methods raise Problem with the remedy."""

    def install(self) -> list[str]:
        """Installs, or brings up to date, and starts. Doing it twice is harmless. Returns sentences for the owner."""
        ...

    def uninstall(self) -> list[str]: ...

    def status(self) -> list[str]: ...

    def active(self) -> bool:
        """Whether it runs now."""
        ...


@dataclass(frozen=True, slots=True)
class Program:
    """``python -m inference_client run``, for one state directory. All paths are absolute."""

    python: Path
    folder: Path
    home: Path
    config: Path | None
    environment: Mapping[str, str]
    name: str

    @classmethod
    def here(cls, home: Home, config: Path | None, environment: Mapping[str, str] | None = None) -> "Program":
        """This interpreter and this code. ``config`` None: the one of the state directory. Raises Problem ``odd_path``."""
        given = os.environ if environment is None else environment
        path = home.path.absolute()
        # A second state directory is a second machine to the site, and gets a service of its own.
        other = HOME_VARIABLE in given
        name = f"{NAME}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}" if other else NAME
        passed = {variable: given[variable] for variable in PASSED_ON if given.get(variable)}
        program = cls(
            Path(sys.executable).absolute(),
            Path(inference_client.__file__).absolute().parent.parent,
            path,
            None if config is None else config.absolute(),
            {HOME_VARIABLE: str(path), "PYTHONUNBUFFERED": "1", **passed},
            name,
        )
        for text in (*program.arguments, str(program.folder), *program.environment.values()):
            if not text.isprintable():
                raise Problem("odd_path", f"{text!r} cannot stand in a service's file; rename it", Exit.CONFIG)
        return program

    @property
    def options(self) -> tuple[str, ...]:
        return ("run", "--plain", *(() if self.config is None else ("--config", str(self.config))))

    @property
    def arguments(self) -> tuple[str, ...]:
        return (str(self.python), "-m", "inference_client", *self.options)

    @property
    def typed(self) -> str:
        """As one would type it."""
        return shlex.join(self.arguments)


def run(command: Sequence[str]) -> Done:
    """Runs it to its end."""
    try:
        done = subprocess.run(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS,
        )  # fmt: skip
    except FileNotFoundError:
        return Done(127, f"{command[0]} is not installed")
    except subprocess.TimeoutExpired:
        return Done(124, f"{command[0]} did not end within {COMMAND_SECONDS:.0f} seconds")
    return Done(done.returncode, done.stdout.strip())


def write(path: Path, content: bytes) -> None:
    """The service's file, whole or not at all, with the folders to it. Raises Problem."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}; nothing is installed"
        raise Problem("service_failed", message, Exit.CONTROL) from None


def refused(what: Sequence[str], done: Done, remedy: str) -> Problem:
    """The Problem of a command that failed."""
    words = done.output.splitlines()[-1] if done.output else f"exit code {done.code}"
    return Problem("service_failed", f"{shlex.join(what)}: {words}; {remedy}", Exit.CONTROL)
