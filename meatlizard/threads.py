"""Database work off the event loop, for consumers and services.

``asgiref.sync_to_async`` sends all work outside a request to one thread, where a slow page would hold up every token;
here are two small pools of our own instead, and each of their threads keeps its database connection between calls.
"""

import asyncio
import contextvars
import functools
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection, connections

P = ParamSpec("P")
R = TypeVar("R")

SLOW_THREADS = 8

_work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="work")


@functools.cache
def _database() -> ThreadPoolExecutor:
    # SQLite has one writer at a time, and a second one that meets it sleeps for milliseconds before it tries again.
    threads = 1 if connection.vendor == "sqlite" else 4
    return ThreadPoolExecutor(max_workers=threads, thread_name_prefix="database")


def _in_connection(call: Callable[[], R]) -> R:
    # As Django does around a request: a connection the server has closed, or past CONN_MAX_AGE, is replaced.
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


_first: deque[Callable[[], None]] = deque()
_in_turn: deque[Callable[[], None]] = deque()


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs ``function`` in a thread that may use the ORM, with the caller's context (request id included)."""
    return await _queued(_in_turn, functools.partial(function, *args, **kwargs))


async def in_database_first(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As :func:`in_database`, ahead of whatever waits there: for what must not stand behind a crowd's questions."""
    return await _queued(_first, functools.partial(function, *args, **kwargs))


def database_queue() -> int:
    """How many calls wait for a thread."""
    return len(_in_turn)


async def _queued(lane: deque[Callable[[], None]], function: Callable[[], R]) -> R:
    future: Future[R] = Future()
    lane.append(functools.partial(_settle, future, functools.partial(contextvars.copy_context().run, function)))
    _database().submit(_run_next)
    return await asyncio.wrap_future(future)


def _run_next() -> None:
    """One call of those that wait; as many of these are submitted as calls."""
    try:
        call = _first.popleft()
    except IndexError:
        call = _in_turn.popleft()
    call()


def _settle(future: "Future[R]", call: Callable[[], R]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(_in_connection(call))
    except BaseException as error:
        future.set_exception(error)


async def in_turns(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """What an iterator gives that reads the database as it goes, one piece at a time."""
    while (piece := await in_database(next, pieces, None)) is not None:
        yield piece
        # The one thread for the database is everybody's: others go first.
        await asyncio.sleep(0)


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs CPU work that touches no database (rendering) in the background thread."""
    call = functools.partial(contextvars.copy_context().run, functools.partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_work, call)


@functools.cache
def _slow() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=SLOW_THREADS, thread_name_prefix="slow")


async def in_slow_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As :func:`in_database`, for what waits for disks or other machines between its questions: it keeps nobody else waiting."""
    call = functools.partial(_in_connection, functools.partial(function, *args, **kwargs))
    call = functools.partial(contextvars.copy_context().run, call)
    return await asyncio.get_running_loop().run_in_executor(_slow(), call)


def close_thread_connections() -> None:
    """Closes the connections of the pools' threads, for a test that is about to drop its database."""
    # They go with their threads.
    _slow().shutdown()
    _slow.cache_clear()
    for future in [_database().submit(connections.close_all) for _ in range(8)]:
        future.result(timeout=10)
