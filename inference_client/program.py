"""From a state directory and an engine to a running client: what ``run`` does once it has its engine."""

import asyncio
import logging
import platform
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager

from inference_client import __version__, address, control
from inference_client.engines.base import Engine, EngineError
from inference_client.keeper import Keeper
from inference_client.link import Link
from inference_client.owner import Limits
from inference_client.problems import Exit, Problem
from inference_client.protocol import keys
from inference_client.session import Identity, Session
from inference_client.state import Home, Site

log = logging.getLogger(__name__)


async def serve(
    home: Home, engine: Engine, limits: Limits | None = None, *, started: Callable[[Link], None] = lambda _: None
) -> None:
    """Loads the engine and serves the paired site until SIGINT, SIGTERM or the end of a drain. Raises Problem.

    ``started`` gets the link before it connects. The machine's lock is held meanwhile, and its owner's requests taken.
    """
    home.prepare()
    site, key = home.site(), home.key()
    where = address.parse(site.url, insecure_http=site.insecure_http)
    if where.plain and not where.loopback:
        log.warning("%s is plain HTTP: text and keys are encrypted inside, all else can be seen on the way", where.url)
    with home.lock():
        if not await _started(engine):
            log.info("stopped")
            return
        try:
            session = Session(Identity(__version__, machine(), engine.backend), engine.models())
            link = Link(where, key, _server_public(site), session, engine, orders=lambda order: keeper.ordered(order))
            keeper = Keeper(home, link, session, engine, limits or Limits())
            # Before the site can send anything: a paused machine stays so.
            await keeper.look()
            started(link)
            async with control.served(home.path, keeper.asked), _beside(keeper.run(), link):
                with _ended_by_signals(link.stop):
                    await link.run()
        finally:
            await engine.stop()
    log.info("stopped")


async def _started(engine: Engine) -> bool:
    """False if a signal came first: loading may take minutes, and must not be cut off with files and processes left behind.
    Raises Problem.
    """
    starting, ended = asyncio.create_task(engine.start()), asyncio.Event()

    def end() -> None:
        ended.set()
        starting.cancel()

    try:
        with _ended_by_signals(end):
            await starting
    except EngineError as error:
        raise Problem(error.code, error.detail, Exit.MODEL) from None
    except asyncio.CancelledError:
        if not ended.is_set():
            await engine.stop()
            raise
    if ended.is_set():
        await engine.stop()
    return not ended.is_set()


def machine() -> str:
    """System and processor, such as ``Darwin 25.1 arm64, Python 3.12.4``; no name of the machine or its owner."""
    return f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"[:200]


def _server_public(site: Site) -> bytes:
    try:
        return keys.public_from_text(site.server_public)
    except keys.KeyFileError as error:
        raise Problem("state_unusable", f"{error}; unpair and pair this machine again", Exit.NOT_PAIRED) from None


@asynccontextmanager
async def _beside(work: Coroutine[object, object, None], link: Link) -> AsyncIterator[None]:
    """``work`` runs meanwhile; should it fail, the link ends and the error is raised."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda _: link.stop())
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def _ended_by_signals(end: Callable[[], object]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, end)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
