"""Several models as one engine: loaded when asked for, sent away when memory is short or nobody asks.

Jobs for a model that is not in memory stand in one line. Its head decides what is loaded next; what must go for it
takes nothing new, ends what it runs, and is unloaded. So two models that do not fit together take turns, each with all
jobs that wait for it, instead of pushing each other out at every job. Models in memory that need not go are not held up.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Final

from inference_client.engines.base import AnyJob, Done, Engine, EngineError, Error, Event
from inference_client.engines.line import MOST_ORDERS, Ticket, pause, plan, probes, turn, victims
from inference_client.engines.llama_cpp.budget import gib
from inference_client.engines.seats import FAILURES_UNTIL_WITHDRAWN, Member, Seat, complaints, digested, said
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics, Usage

log = logging.getLogger(__name__)

NO_USAGE: Final = Usage(prompt_tokens=0, completion_tokens=0)


class Fleet:
    """``members`` are loaded on demand; ``standing`` engines, by name, need no memory of this machine and always run.

    ``memory``: what models may use before any is loaded, None if the system does not tell; ``bound``: the owner's.
    ``accelerator`` finds out what members run on while none is loaded.
    """

    def __init__(
        self,
        members: Sequence[Member],
        standing: Mapping[str, Engine] | None = None,
        *,
        memory: Callable[[], int | None] = lambda: None,
        bound: int | None = None,
        accelerator: Callable[[], Awaitable[str]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accelerator = accelerator
        self._seats = {member.alias: Seat(member) for member in members}
        self._named = dict(standing or {})
        self._standing: tuple[Engine, ...] = ()
        self._faults: dict[str, str] = {}
        self._memory = memory
        self._bound = bound
        self._limit = bound
        self._clock = clock
        self._backend = ""
        self._line: list[Ticket] = []
        self._closing: frozenset[str] = frozenset()
        self._engine_of: dict[int, Engine] = {}
        self._model_of: dict[int, str] = {}
        self._steps: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()
        self._kick = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.Task[None]] = set()
        self._arranging: asyncio.Task[None] | None = None
        self._pumps: dict[Engine, asyncio.Task[None]] = {}

    # --- the engine's interface -------------------------------------------------------------------------------------

    @property
    def backend(self) -> str:
        return self._backend or ("cpu" if self._seats else "upstream")

    def models(self) -> tuple[ModelInfo, ...]:
        offers = [seat.offer() for seat in self._seats.values()]
        standing = [info for engine in self._standing for info in engine.models()]
        return (*(info for info in offers if info is not None), *standing)

    async def start(self) -> None:
        """Starts standing engines and loads what is to be preloaded. Raises EngineError if nothing at all is offered."""
        now, problem = self._clock(), await self._start_standing()
        await self._measure()
        for seat in self._seats.values():
            seat.asked_at = now
            try:
                await self._describe(seat)
                if seat.member.preload and not victims(list(self._seats.values()), seat, self._limit):
                    await self._load(seat)
                elif seat.member.preload:
                    log.warning("%s is not loaded beforehand: it does not fit beside the others", seat.alias)
            except Exception as failure:
                error = said(seat.alias, failure)
                problem = problem or error
                # What failed before anybody asked is not offered on trust.
                seat.failures = FAILURES_UNTIL_WITHDRAWN
                self._withdraw(seat, error)
        if problem is not None and not self.models() and not self._standing:
            await self.stop()
            raise problem
        if self._seats and not self._backend and self._accelerator is not None:
            self._backend = await self._accelerator()
        self._arranging = self._keep(self._arrange(), self._tasks)
        self._arranging.add_done_callback(lambda _: self._steps.put_nowait(None))
        self._keep(self._digest(), self._tasks)

    async def _start_standing(self) -> EngineError | None:
        """The first problem; who has one is done without."""
        problem = None
        for name, engine in self._named.items():
            try:
                await engine.start()
            except EngineError as error:
                log.error("%s cannot be used: %s", name, error.detail)
                self._faults[name] = error.detail
                problem = problem or error
                await engine.stop()
            else:
                self._standing += (engine,)
                self._pump(engine)
        return problem

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        engines = [seat.engine for seat in self._seats.values() if seat.engine is not None]
        await asyncio.gather(*(engine.stop() for engine in (*engines, *self._standing)), *self._ends)
        for pump in self._pumps.values():
            pump.cancel()
        await asyncio.gather(*self._pumps.values(), return_exceptions=True)
        self._line.clear()
        self._engine_of.clear()
        self._model_of.clear()
        self._steps.put_nowait(None)

    def submit(self, job: AnyJob) -> None:
        seat = self._seats.get(job.model)
        if seat is None:
            self._submit_standing(job)
        elif seat.engine is None and seat.problem is not None and self._clock() < seat.blocked_until:
            self._refuse(seat, job, seat.problem)
        elif seat.engine is not None and seat.alias not in self._closing and not self._waiting(seat):
            self._hand(seat, job)
        else:
            self._stands_in_line(Ticket(seat, "job", job))

    def cancel(self, run: int) -> None:
        for ticket in self._line:
            if ticket.job is not None and ticket.job.run == run:
                self._line.remove(ticket)
                self._steps.put_nowait([Done(run, "cancelled", NO_USAGE)])
                self._kick.set()
                return
        if run in self._engine_of:
            self._engine_of[run].cancel(run)

    async def steps(self) -> AsyncIterator[Sequence[Event]]:
        while (batch := await self._steps.get()) is not None:
            yield batch
        if self._arranging is not None and self._arranging.done() and not self._arranging.cancelled():
            # Without it no job would ever get its model: who reads this must not wait for ever.
            self._arranging.result()

    def metrics(self) -> tuple[ModelMetrics, ...]:
        now = self._clock()
        own = [seat.metrics(now, self._waiting(seat)) for seat in self._seats.values()]
        return (*own, *(item for engine in self._standing for item in engine.metrics()))

    def load(self, alias: str) -> None:
        self._order(alias, "load")

    def unload(self, alias: str) -> None:
        self._order(alias, "unload")

    def occupancy(self) -> dict[str, tuple[int, int]]:
        """Jobs that an engine has, and jobs that wait for their model, by alias."""
        given = Counter(self._model_of.values())
        waiting = Counter(ticket.seat.alias for ticket in self._line if ticket.do == "job")
        return {alias: (given[alias], waiting[alias]) for alias in {*given, *waiting}}

    def problems(self) -> dict[str, str]:
        """Why models are not offered, or failed the last time, by alias; of engines that failed by their name."""
        own = {alias: why for alias, seat in self._seats.items() if (why := seat.complaint())}
        return own | complaints(self._standing) | self._faults

    # --- jobs -------------------------------------------------------------------------------------------------------

    def _submit_standing(self, job: AnyJob) -> None:
        for engine in self._standing:
            if any(info.alias == job.model for info in engine.models()):
                self._give(engine, job)
                return
        detail = f"this machine does not offer {job.model[:100]} now"
        self._steps.put_nowait([Error(job.run, "unknown_model", detail, retry=True)])

    def _hand(self, seat: Seat, job: AnyJob) -> None:
        assert seat.engine is not None
        seat.runs.add(job.run)
        seat.last_used = self._clock()
        self._give(seat.engine, job)

    def _give(self, engine: Engine, job: AnyJob) -> None:
        self._engine_of[job.run] = engine
        self._model_of[job.run] = job.model
        engine.submit(job)

    def _refuse(self, seat: Seat, job: AnyJob, problem: EngineError) -> None:
        seat.errors += 1
        self._steps.put_nowait([Error(job.run, problem.code, problem.detail, retry=True)])

    def _order(self, alias: str, do: str) -> None:
        if alias in self._seats:
            # Each is looked at again with every other one, and a site may send as many as it likes.
            if sum(ticket.job is None for ticket in self._line) < MOST_ORDERS:
                self._stands_in_line(Ticket(self._seats[alias], "load" if do == "load" else "unload"))
            return
        for engine in self._standing:
            getattr(engine, do)(alias)

    def _stands_in_line(self, ticket: Ticket) -> None:
        self._line.append(ticket)
        # Now, for who comes behind it may be refused a model that must go, while another one is being loaded.
        self._closing = plan(self._line, list(self._seats.values()), self._limit).closing
        self._kick.set()

    def _waiting(self, seat: Seat) -> int:
        return sum(ticket.seat is seat and ticket.do == "job" for ticket in self._line)

    def _heard(self, engine: Engine, events: Sequence[Event]) -> None:
        """A batch of one engine's events."""
        seat = next((seat for seat in self._seats.values() if seat.engine is engine), None)
        for event in events:
            if isinstance(event, Done | Error):
                self._engine_of.pop(event.run, None)
                self._model_of.pop(event.run, None)
                if seat is not None:
                    seat.runs.discard(event.run)
                    seat.last_used = self._clock()
        if seat is not None and not seat.runs:
            self._kick.set()
        self._steps.put_nowait(events)

    # --- who is in memory -------------------------------------------------------------------------------------------

    async def _arrange(self) -> None:
        while True:
            while await self._advance():
                pass
            try:
                async with asyncio.timeout(pause(list(self._seats.values()), self._clock())):
                    await self._kick.wait()
            except TimeoutError:
                pass
            self._kick.clear()

    async def _advance(self) -> bool:
        """Does the next thing that can be done; False if all must wait."""
        now = self._clock()
        self._line += probes(self._line, list(self._seats.values()), now)
        found = plan(self._line, list(self._seats.values()), self._limit)
        self._closing = found.closing
        for ticket in found.over:
            self._leaves_line(ticket)
        for seat in found.leaving:
            if not seat.runs:
                await self._unload(seat, "as asked")
                return True
        if found.victims and not any(seat.runs for seat in found.victims):
            await self._unload(found.victims[0], "to make room")
            return True
        if found.load is not None and not found.victims:
            await self._try(found.load)
            return True
        for seat in self._seats.values():
            until = seat.idle_until()
            if until is not None and until <= now and not self._waiting(seat):
                await self._unload(seat, "nobody asked for it")
                return True
        return False

    def _leaves_line(self, ticket: Ticket) -> None:
        self._line.remove(ticket)
        if ticket.job is not None:
            self._hand(ticket.seat, ticket.job)
        elif ticket.do == "probe" and ticket.seat.engine is None:
            # It could be tried only in others' place: the next job finds out.
            ticket.seat.failures = FAILURES_UNTIL_WITHDRAWN - 1
            self._steps.put_nowait([])

    # --- in and out -------------------------------------------------------------------------------------------------

    async def _try(self, seat: Seat) -> None:
        described = seat.info is not None
        try:
            if not described:
                # What must go for it is known only then.
                await self._describe(seat)
                return
            await self._load(seat)
            # All that wait for it, those behind others too: or two models would push each other out at every job.
            for ticket in turn(self._line, seat):
                self._leaves_line(ticket)
        except Exception as problem:
            error = said(seat.alias, problem)
            idle = [other for other in self._seats.values() if other.engine is not None and not other.runs]
            if described and error.code == "model_too_big" and idle:
                # Other programs took memory meanwhile.
                await self._unload(min(idle, key=lambda other: other.last_used), "to make room")
            else:
                self._withdraw(seat, error)

    async def _describe(self, seat: Seat) -> None:
        """Raises EngineError, also if the model is too big for all the memory there is."""
        found = await seat.member.describe()
        await self._measure()
        if self._limit is not None and found.need > self._limit:
            detail = f"{seat.alias} needs about {gib(found.need)}, but models may use {gib(self._limit)} here"
            raise EngineError("model_too_big", f"{detail}; use a smaller model or quantisation, --ctx or --slots")
        seat.info, seat.need = found.info, found.need

    async def _measure(self) -> None:
        """Memory for all models; it shows only while none of them is there."""
        if all(seat.engine is None for seat in self._seats.values()):
            free = await asyncio.to_thread(self._memory)
            self._limit = min((amount for amount in (self._bound, free) if amount is not None), default=None)

    async def _load(self, seat: Seat) -> None:
        engine = seat.member.make()
        begun = self._clock()
        log.info("loading %s", seat.alias)
        try:
            await engine.start()
        except BaseException:
            await asyncio.shield(self._keep(engine.stop(), self._ends))
            raise
        self._backend = engine.backend
        seat.engine, seat.last_used = engine, self._clock()
        seat.failures, seat.problem = 0, None
        self._pump(engine)
        log.info("%s is loaded after %.1f s", seat.alias, self._clock() - begun)
        self._steps.put_nowait([])

    async def _unload(self, seat: Seat, why: str) -> None:
        engine = seat.engine
        assert engine is not None
        seat.gone()
        log.info("%s leaves memory: %s", seat.alias, why)
        pump = self._pumps.pop(engine)
        await asyncio.shield(self._keep(engine.stop(), self._ends))
        pump.cancel()
        self._steps.put_nowait([])

    def _withdraw(self, seat: Seat, problem: EngineError) -> None:
        """It cannot be loaded now: its jobs hear why."""
        pause = seat.failed(problem, self._clock())
        log.error("%s cannot be loaded: %s (not tried again for %.0f s)", seat.alias, problem.detail, pause)
        for ticket in [ticket for ticket in self._line if ticket.seat is seat and ticket.do != "unload"]:
            self._line.remove(ticket)
            if ticket.job is not None:
                self._refuse(seat, ticket.job, problem)
        self._steps.put_nowait([])

    async def _digest(self) -> None:
        """One after the other, so that the disk has peace."""
        for seat in self._seats.values():
            if await digested(seat):
                self._steps.put_nowait([])

    # --- engines ----------------------------------------------------------------------------------------------------

    def _pump(self, engine: Engine) -> None:
        self._pumps[engine] = asyncio.create_task(self._listen(engine))

    async def _listen(self, engine: Engine) -> None:
        try:
            async for events in engine.steps():
                self._heard(engine, events)
        except Exception:
            log.exception("an engine's events ended with an error")
            self._broken(engine)

    def _broken(self, engine: Engine) -> None:
        runs = [run for run, other in self._engine_of.items() if other is engine]
        self._heard(engine, [Error(run, "engine_crashed", "the engine failed", retry=True) for run in runs])
        seat = next((seat for seat in self._seats.values() if seat.engine is engine), None)
        if seat is None:
            self._standing = tuple(other for other in self._standing if other is not engine)
            self._faults |= {name: "the engine failed" for name, other in self._named.items() if other is engine}
            self._keep(engine.stop(), self._ends)
            return
        # Ahead of everybody: who waits for it must not be given to what is dead.
        self._closing |= {seat.alias}
        self._line.insert(0, Ticket(seat, "unload"))
        self._kick.set()

    def _keep(self, work: Coroutine[object, object, None], where: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        where.add(task)
        task.add_done_callback(where.discard)
        return task
