"""A server that is a program on this machine: one JSON message a line, over its standard input and output.

The package has a transport of its own; it keeps an unfinished line for as long as it grows, and lets the program's errors through to
the site's. Here lines, messages and errors are bounded, and of the site's environment the program gets no more than :data:`KEPT`.
"""

import asyncio
import logging
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from django.utils.translation import gettext
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from chat.tools.mcp.actions import may_start
from chat.tools.mcp.bounds import MOST_BYTES, MOST_LINE, MOST_MESSAGES, Unbounded
from chat.tools.mcp.servers import Server

log = logging.getLogger(__name__)

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""What programs do not start without. Secrets of the site stand in its environment, too."""

ENDS_SECONDS = 2.0
MOST_TOLD = 40
"""Lines of its errors that are remembered, for operators."""


class Program:
    """``told``: what it said last on its error output. ``ended``: set once it says nothing more."""

    def __init__(self) -> None:
        self.told: deque[str] = deque(maxlen=MOST_TOLD)
        self.ended = asyncio.Event()
        self.why = ""

    @property
    def words(self) -> str:
        return "\n".join([*([self.why] if self.why else []), *self.told])[-2_000:]


def environment(secrets: Mapping[str, str]) -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ} | dict(secrets)


@asynccontextmanager
async def stdio(server: Server, program: Program) -> AsyncIterator[TransportStreams]:
    """Raises OSError and ValueError where it cannot be started."""
    # Again: the owner of the machine may have thought better of it since.
    may_start(server.command)
    process = await asyncio.create_subprocess_exec(
        server.command, *server.arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env=environment(server.secrets), start_new_session=True, limit=MOST_LINE,
    )  # fmt: skip
    arriving, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, leaving = anyio.create_memory_object_stream[SessionMessage](0)
    spoken = _Spoken()
    tasks = [
        asyncio.create_task(_listen(process, arriving, program, spoken)),
        asyncio.create_task(_speak(process, leaving, spoken)),
        asyncio.create_task(_hear_errors(process, program)),
    ]
    try:
        yield read, write
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.shield(_end(process))
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (arriving, read, write, leaving):
            stream.close()
        program.ended.set()


class _Spoken:
    """What came since the site last said something: a server that talks without end is cut off."""

    def __init__(self) -> None:
        self.size = self.messages = 0

    def again(self) -> None:
        self.size = self.messages = 0

    def heard(self, line: bytes) -> None:
        self.size += len(line)
        self.messages += 1
        if self.size > MOST_BYTES or self.messages > MOST_MESSAGES:
            raise Unbounded("it says more than anybody asked for")


async def _listen(process: asyncio.subprocess.Process, arriving: Any, program: Program, spoken: _Spoken) -> None:
    assert process.stdout is not None
    try:
        while line := await process.stdout.readline():
            spoken.heard(line)
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValueError:
                # Many programs greet on their standard output before they speak the protocol.
                continue
            await arriving.send(SessionMessage(message))
        program.why = gettext("The program ended.")
    except (Unbounded, ValueError) as error:
        # A line longer than the reader's limit is a ValueError.
        reason = str(error) if isinstance(error, Unbounded) else gettext("its line has no end.")
        program.why = gettext("The program was ended: {reason}").format(reason=reason)
        _kill(process, signal.SIGKILL)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass
    finally:
        arriving.close()
        program.ended.set()


async def _speak(process: asyncio.subprocess.Process, leaving: Any, spoken: _Spoken) -> None:
    assert process.stdin is not None
    with suppress(OSError, anyio.EndOfStream):
        while True:
            message = await leaving.receive()
            spoken.again()
            process.stdin.write(message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
            await process.stdin.drain()


async def _hear_errors(process: asyncio.subprocess.Process, program: Program) -> None:
    assert process.stderr is not None
    while piece := await process.stderr.read(4_096):
        for line in piece.decode(errors="replace").splitlines():
            program.told.append(line[:300])


async def _end(process: asyncio.subprocess.Process) -> None:
    """Asks, then tells, then ends it with all that it started."""
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    for step in (None, signal.SIGTERM, signal.SIGKILL):
        if step is not None:
            _kill(process, step)
        try:
            await asyncio.wait_for(process.wait(), ENDS_SECONDS)
            break
        except TimeoutError:
            continue
    _kill(process, signal.SIGKILL)


def _kill(process: asyncio.subprocess.Process, how: signal.Signals) -> None:
    # Its whole session: what it started does not outlive it.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, how)
