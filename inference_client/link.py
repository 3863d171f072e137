"""Keeps a session connected to its site and an engine at work, for as long as the program runs.

The engine works whether the link is up or not; the session holds the text. One writer sends what the session has to
say, and while a slow socket makes it wait, more text gathers for its next frame.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.address import Address
from inference_client.backoff import Backoff
from inference_client.connection import PING_SECONDS, SILENCE_SECONDS, SiteConnection, broken, open_connection
from inference_client.engines.base import Done, Engine, Error, Event
from inference_client.metrics import Meter
from inference_client.problems import Exit, Problem
from inference_client.protocol.errors import CLOSE_REPLACED, CLOSE_VERSION, CODES, ChannelError
from inference_client.protocol.handshake import HANDSHAKE_SECONDS
from inference_client.protocol.messages import Availability, Goodbye, Order, encode, from_site
from inference_client.session import Session, Submit
from inference_client.sleep import Sleep

log = logging.getLogger(__name__)

TICK_SECONDS: Final = 1.0
REPORT_SECONDS: Final = 5.0
LEAVE_SECONDS: Final = 3.0
_NOBODY_THERE: Final = frozenset({"silent", "woken"})
"""Problems after which saying goodbye would only take time."""

WRONG_CLOCK_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds: between measurements, between pings, and of silence after which a connection counts as lost."""

    report: float = REPORT_SECONDS
    ping: float = PING_SECONDS
    silence: float = SILENCE_SECONDS


class Link:
    """``run`` until ``stop`` is called (returns) or the site refuses this machine (raises Problem).

    ``connected`` is set while the site has welcomed this machine, as ``name``; ``trouble`` says why it is not, and ``reconnections``
    counts the welcomes after the first. ``meter`` measures from ``run`` on.
    """

    def __init__(
        self,
        address: Address,
        key: X25519PrivateKey,
        server_public: bytes,
        session: Session,
        engine: Engine,
        *,
        clock: Callable[[], float] = time.monotonic,
        backoff: Backoff | None = None,
        orders: Callable[[Order], None] | None = None,
        meter: Meter | None = None,
        sleep: Sleep | None = None,
        times: Times | None = None,
    ) -> None:
        """``orders`` is called with each order of the site's operator; without it they are refused in the log."""
        self.address = address
        self.meter = meter or Meter(engine)
        self.connected = asyncio.Event()
        self.trouble = ""
        self.name = ""
        self.welcomes = 0
        self._key = key
        self._server_public = server_public
        self._session = session
        self._engine = engine
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._orders = orders
        self._sleep = sleep or Sleep()
        self._times = times or Times()
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._flushed = asyncio.Event()

    @property
    def reconnections(self) -> int:
        return max(0, self.welcomes - 1)

    @property
    def running(self) -> int:
        """How many jobs the engine is at."""
        return self._session.running

    @property
    def availability(self) -> Availability | None:
        """What the owner allows; None: everything."""
        return self._session.availability

    def stop(self) -> None:
        """Ends ``run`` politely: the site is told, so that running answers can go elsewhere at once."""
        self._session.leave()
        self._flushed.clear()
        self._wake.set()
        self._stop.set()

    def availability_changed(self, availability: Availability) -> None:
        """What the owner allows from now on; the site is told at once, or when it is there again."""
        self._session.availability_changed(availability)
        self._wake.set()

    async def run(self) -> None:
        """Raises Problem if trying again makes no sense, and whatever the engine's events raise."""
        pump = asyncio.create_task(self._pump())
        # Without its engine's events the program would look alive and answer nothing: its answers go elsewhere at once.
        pump.add_done_callback(lambda _: self.stop())
        measuring = asyncio.create_task(self._measure())
        try:
            while not self._stop.is_set():
                try:
                    await self._connected()
                except Problem as problem:
                    if not problem.retry:
                        raise
                    await self._wait(problem)
            if pump.done():
                pump.result()
        finally:
            pump.cancel()
            measuring.cancel()
            await asyncio.gather(pump, measuring, return_exceptions=True)

    # --- one connection ---------------------------------------------------------------------------------------------

    async def _connected(self) -> None:
        connection = await self._open()
        if connection is None:
            return
        async with connection:
            if not connection.info.enrolled:
                raise Problem("not_enrolled", f"the site refuses this machine: {CODES['unknown_key'][1]}", Exit.REFUSED)
            self._look_at_clock(connection.info.server_time)
            self._session.connected()
            # A sleep before this connection has not hurt it.
            self._sleep.over()
            self._wake.set()
            tasks = [
                asyncio.create_task(work)
                for work in (self._read(connection), self._write(connection), self._keep_time(connection))
            ]
            tasks.append(asyncio.create_task(connection.watch(self._times.ping, self._times.silence)))
            tasks.append(asyncio.create_task(self._leave()))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            except Problem as problem:
                if problem.code in _NOBODY_THERE:
                    connection.abort()
                raise
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._session.disconnected()
                self.connected.clear()

    async def _open(self) -> SiteConnection | None:
        """None if the program is to stop first."""
        opening = asyncio.create_task(open_connection(self.address, self._key, self._server_public))
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([opening, stopping], return_when=asyncio.FIRST_COMPLETED)
            return opening.result() if opening.done() else None
        finally:
            opening.cancel()
            stopping.cancel()
            await asyncio.gather(opening, stopping, return_exceptions=True)

    async def _read(self, connection: SiteConnection) -> None:
        async for payload in connection.payloads():
            try:
                self._session.receive(from_site(payload), self._clock())
            except ChannelError as error:
                log.error("the site sent what it should not: %s", error)
                await connection.close(error.close_code)
                raise broken(error) from None
            if self._session.goodbye is not None:
                raise _goodbye(self._session.goodbye)
            if self._session.welcome is not None and not self.connected.is_set():
                self._welcomed(self._session.welcome.name)
            self._work()
            self._wake.set()

    async def _write(self, connection: SiteConnection) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for message in self._session.outgoing():
                await connection.send(encode(message))
            if self._session.phase == "up" and self._session.unsent:
                self._wake.set()
                # A socket that takes everything at once would otherwise keep the loop from reading.
                await asyncio.sleep(0)
            if not self._wake.is_set():
                self._flushed.set()

    async def _keep_time(self, connection: SiteConnection) -> None:
        greeted = self._clock() + HANDSHAKE_SECONDS
        while True:
            beat = self._session.next_heartbeat()
            pause = TICK_SECONDS if beat is None else min(TICK_SECONDS, max(0.05, beat - self._clock()))
            await asyncio.sleep(pause)
            if self._sleep.over():
                raise _Woken("woken", "this machine has slept", Exit.UNREACHABLE, retry=True)
            if self._session.phase == "greeting" and self._clock() > greeted:
                raise Problem("timeout", "the site does not answer this machine's hello", Exit.UNREACHABLE, retry=True)
            await connection.tick()
            self._session.tick(self._clock())
            self._wake.set()

    async def _measure(self) -> None:
        while True:
            metrics = await self.meter.measure(self.reconnections)
            if self._session.measured(metrics):
                self.meter.sent()
                self._wake.set()
            await asyncio.sleep(self._times.report)

    async def _leave(self) -> None:
        """Returns once the goodbye, and all text before it, is with the socket."""
        await self._stop.wait()
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._flushed.wait()
        except TimeoutError:
            log.warning("the site does not take the last messages")

    # --- the engine -------------------------------------------------------------------------------------------------

    async def _pump(self) -> None:
        async for events in self._engine.steps():
            for event in events:
                self._tell(event)
            self._session.engine_events(events)
            self._session.models_changed(self._engine.models())
            # A result that was refused must be cancelled.
            self._work()
            self._wake.set()

    def _work(self) -> None:
        for item in self._session.take_work():
            if isinstance(item, Submit):
                log.info("answer %d begins, model %s, trace %s", item.job.run, item.job.model, item.job.trace or "-")
                self._engine.submit(item.job)
            elif isinstance(item, Order):
                self._obey(item)
            else:
                self._engine.cancel(item.run)

    def _obey(self, order: Order) -> None:
        if self._orders is None:
            log.warning("the site asks to %s %s; nobody here decides about that", order.do, order.model)
            return
        log.info("the site asks to %s %s", order.do, order.model)
        try:
            self._orders(order)
        except Exception:
            # An order is the site's word: whatever it makes go wrong must not end the answers of others.
            log.exception("the order to %s %s could not be followed", order.do, order.model)

    def _tell(self, event: Event) -> None:
        if isinstance(event, Done):
            usage = event.usage
            log.info(
                "answer %d ends (%s): %d prompt tokens (%d cached) in %.2f s, %d answer tokens in %.2f s",
                event.run,
                event.reason,
                usage.prompt_tokens,
                usage.cached_tokens,
                usage.prompt_seconds,
                usage.completion_tokens,
                usage.completion_seconds,
            )
        elif isinstance(event, Error):
            log.warning("answer %d failed: %s: %s", event.run, event.code, event.detail)

    # --- between connections ----------------------------------------------------------------------------------------

    def _welcomed(self, name: str) -> None:
        self.connected.set()
        self.welcomes += 1
        self.trouble, self.name = "", name
        self._backoff.reset()
        log.info("connected to %s as %s", self.address.url, name)

    def _look_at_clock(self, server_time: float) -> None:
        difference = abs(server_time - time.time())
        if difference > WRONG_CLOCK_SECONDS:
            log.warning("this machine's clock and the site's differ by %.0f minutes", difference / 60)

    async def _wait(self, problem: Problem) -> None:
        """Until it is time to try again, or the machine wakes from sleep, or the program is to end."""
        self.trouble = problem.message
        if isinstance(problem, _Woken):
            log.info("%s; connecting anew", problem.message)
            return
        delay = self._backoff.next()
        if isinstance(problem, _ComeBack):
            delay = max(delay, problem.seconds)
        running = self._session.running
        log.warning("%s; trying again in %.1f s (%d answers go on meanwhile)", problem.message, delay, running)
        due = self._clock() + delay
        while not self._stop.is_set() and (left := due - self._clock()) > 0:
            if self._sleep.over():
                self._backoff.reset()
                return
            try:
                async with asyncio.timeout(min(left, TICK_SECONDS)):
                    await self._stop.wait()
            except TimeoutError:
                pass


class _Woken(Problem):
    """What the connection was is gone with the sleep: no need to wait."""


class _ComeBack(Problem):
    """The site said when to try again."""

    def __init__(self, code: str, message: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(code, message, Exit.UNREACHABLE, retry=True)


def _goodbye(message: Goodbye) -> Problem:
    close_code, remedy = CODES.get(message.code, (0, "see the site's administration"))
    if message.retry_seconds is not None:
        words = f"the site says goodbye ({message.code.replace('_', ' ')})"
        return _ComeBack(message.code, words, message.retry_seconds)
    exits = {CLOSE_VERSION: Exit.VERSION, CLOSE_REPLACED: Exit.RUNNING}
    return Problem(message.code, f"the site refuses this machine: {remedy}", exits.get(close_code, Exit.REFUSED))
