"""How a command reaches the running client: a socket in the state directory, for its owner alone.

One request a connection: a line of JSON each way. The directory has mode 0700 and the socket 0600, which is what keeps
others out.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from inference_client.problems import Exit, Problem

log = logging.getLogger(__name__)

NAME: Final = "control.sock"
SECONDS: Final = 5.0
MAX_REQUEST: Final = 4096
MAX_ANSWER: Final = 4 * 1024**2
LONGEST_PATH: Final = 100
"""Bytes; a socket's address has 104 on macOS, 108 on Linux."""

State = dict[str, Any]


class Request(BaseModel):
    """What the owner asks for. ``load`` and ``unload`` name a model."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    do: Literal["status", "pause", "resume", "drain", "load", "unload"]
    model: str = ""


Answer = Callable[[Request], State]
"""Does what is asked and tells the state after it. Raises Problem."""


@asynccontextmanager
async def served(folder: Path, answer: Answer) -> AsyncIterator[None]:
    """Takes requests meanwhile. The caller holds the state's lock, so a socket that is there is a dead program's.

    A path too long for a socket is said in the log: the client then runs without.
    """
    path = folder / NAME
    if len(os.fsencode(path)) > LONGEST_PATH:
        log.warning("%s is too long for a socket: status, pause and drain from the terminal will not work", path)
        yield
        return
    path.unlink(missing_ok=True)
    # Before listening, so that nobody gets in between: connecting needs the right to write.
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        server = await asyncio.start_unix_server(
            lambda reader, writer: _serve(reader, writer, answer), sock=listener, limit=MAX_REQUEST
        )
    except OSError as error:
        listener.close()
        log.warning("%s cannot be made (%s): status, pause and drain from the terminal will not work", path, error)
        yield
        return
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            writer.write(json.dumps(_answered(await reader.readline(), answer)).encode() + b"\n")
            await writer.drain()
    except (OSError, ValueError, TimeoutError):
        # Too long a line, or a command that went away.
        log.debug("a request was not read to its end")
    finally:
        writer.close()


def _answered(line: bytes, answer: Answer) -> State:
    try:
        return {"state": answer(Request.model_validate_json(line))}
    except ValidationError:
        return {"problem": "the running client does not know this request; restart it with this version"}
    except Problem as problem:
        return {"problem": problem.message}
    except Exception:
        log.exception("a request of the owner failed")
        return {"problem": "the running client could not do it; its log says why"}


def ask(folder: Path, request: Request) -> State:
    """The running client's state after it. Raises Problem ``not_running`` or ``control_failed``."""
    path = folder / NAME
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(SECONDS)
            connection.connect(str(path))
            connection.sendall(request.model_dump_json().encode() + b"\n")
            line = _line(connection)
    except (FileNotFoundError, ConnectionRefusedError):
        message = "no inference client runs here; start it with: python -m inference_client run"
        raise Problem("not_running", message, Exit.CONTROL) from None
    except OSError as error:
        why = "it does not answer" if isinstance(error, TimeoutError) else str(error.strerror or error)
        raise Problem("control_failed", f"the running client cannot be asked: {why}", Exit.CONTROL) from None
    with contextlib.suppress(ValueError):
        found = json.loads(line)
        if "problem" in found:
            raise Problem("control_failed", str(found["problem"]), Exit.CONTROL)
        return State(found["state"])
    raise Problem("control_failed", "the running client's answer is not complete; try again", Exit.CONTROL)


def _line(connection: socket.socket) -> bytes:
    found = bytearray()
    while not found.endswith(b"\n") and len(found) < MAX_ANSWER:
        block = connection.recv(65_536)
        if not block:
            break
        found += block
    return bytes(found)
