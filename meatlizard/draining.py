"""How a serving process ends so that nobody notices: it lets go of what it listens on, sends its websockets to other processes, answers
what has begun, and says with each answer that the connection ends.

Then a front server with several processes loses no request over the restart of one of them.
"""

import asyncio
import ctypes
import logging
import socket
import struct
import sys
from typing import Any, Final

log = logging.getLogger(__name__)

LINGER_SECONDS: Final = 1.0
"""How long connections without a request are kept: the front server may be about to use one, and closing it then would lose that request.
"""

QUIET_SECONDS: Final = 0.5
QUEUE_SECONDS: Final = 0.1

_ending = False


def ending() -> bool:
    """Whether this process is about to end and should get nothing new."""
    return _ending


async def drain(server: Any) -> None:
    """Of a uvicorn server, before its own shutdown, which waits for the requests under way. A socket that was handed to it (``fd``) outlives
    it, and what waits there is for the next process.
    """
    global _ending
    _ending = True
    log.info("site.draining", extra={"connections": len(server.server_state.connections)})
    await _let_go(server)
    # Every answer from here on ends its connection.
    server.server_state.default_headers = [*server.server_state.default_headers, (b"connection", b"close")]
    for connection in tuple(server.server_state.connections):
        if hasattr(connection, "cycle"):
            if connection.cycle is not None and not connection.cycle.response_complete:
                connection.cycle.keep_alive = False
        else:
            # A websocket: closed as "service restart", so that its other end comes back at once, to another process.
            connection.shutdown()
    await _linger(server)


async def _let_go(server: Any) -> None:
    """Nothing new comes, and nothing that has come is lost: closing a socket resets whoever waits in its queue."""
    if server.config.fd is None:
        for listening in server.servers:
            for one in listening.sockets:
                hold_off(one)
        await asyncio.sleep(QUEUE_SECONDS)
    for listening in server.servers:
        listening.close()


async def _linger(server: Any) -> None:
    clock = asyncio.get_running_loop().time
    state, end = server.server_state, clock() + LINGER_SECONDS
    seen, quiet_since = state.total_requests, clock()
    while state.connections and not server.force_exit:
        if state.total_requests != seen:
            seen, quiet_since = state.total_requests, clock()
        if clock() > end and (clock() - quiet_since > QUIET_SECONDS or clock() > end + LINGER_SECONDS):
            return
        await asyncio.sleep(0.05)


DROP_ALL: Final = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A filter of one instruction (BPF_RET | BPF_K): take 0 bytes of every packet."""

SO_ATTACH_FILTER: Final = 26


def hold_off(listening: Any) -> None:
    """Has the kernel take no more connections for this socket, and keep those that wait in its queue. Whoever tries sends again after
    a second, and is refused when the socket is closed by then. Linux alone can; elsewhere the moment between the two remains.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(DROP_ALL, len(DROP_ALL))
    described = struct.pack("HL", 1, ctypes.addressof(program))
    try:
        own = socket.socket(fileno=socket.dup(listening.fileno()))
    except OSError:
        return
    with own:
        try:
            own.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)
        except OSError as error:
            log.info("site.cannot_hold_off", extra={"reason": str(error)})
