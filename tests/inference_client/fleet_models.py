"""Models for tests of the fleet: scripted ones, whose loading succeeds, fails or waits as the test wants."""

import asyncio
from collections.abc import Mapping, Sequence

from inference_client.engines.base import AnyJob, Done, Engine, EngineError, Error, Event, Job
from inference_client.engines.fleet import Fleet
from inference_client.engines.seats import Description
from inference_client.protocol.vocabulary import ChatMessage, ModelInfo
from tests.fakes.engine import ScriptedEngine

SECONDS = 10.0


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class LoadingEngine(ScriptedEngine):
    """Counts against the test's memory while it is loaded; strict about being started once and stopped once."""

    def __init__(self, model: "Model") -> None:
        super().__init__(alias=model.alias, slots=model.slots)
        self._model = model
        self._state = "new"

    async def start(self) -> None:
        assert self._state == "new"
        self._state = "started"
        model = self._model
        model.machine.enter(model)
        model.loads += 1
        await model.may_load.wait()
        if model.refusals:
            raise model.refusals.pop(0)
        model.engine = self
        await super().start()

    async def stop(self) -> None:
        assert self._state == "started"
        self._state = "stopped"
        self._model.machine.leave(self._model)
        self._model.engine = None
        await super().stop()


class Machine:
    """Fails the test as soon as more is loaded than fits."""

    def __init__(self, memory: int | None) -> None:
        self.memory = memory
        self.inside: list[Model] = []
        self.most = 0

    def enter(self, model: "Model") -> None:
        self.inside.append(model)
        used = sum(item.need for item in self.inside)
        self.most = max(self.most, len(self.inside))
        assert self.memory is None or used <= self.memory, "more is loaded than fits"

    def leave(self, model: "Model") -> None:
        self.inside.remove(model)


class Model:
    """A fleet's member. ``refusals``: what the next attempts to load it end with."""

    def __init__(
        self,
        machine: Machine,
        alias: str,
        need: int = 1,
        *,
        slots: int = 4,
        preload: bool = False,
        keep_alive: float | None = None,
    ) -> None:
        self.machine, self.alias, self.need, self.slots = machine, alias, need, slots
        self.preload, self.keep_alive = preload, keep_alive
        self.refusals: list[EngineError] = []
        self.unreadable: EngineError | None = None
        self.may_load = asyncio.Event()
        self.may_load.set()
        self.loads = 0
        self.engine: LoadingEngine | None = None

    async def describe(self) -> Description:
        if self.unreadable is not None:
            raise self.unreadable
        return Description(ModelInfo(alias=self.alias, context_length=4096, slots=self.slots, loaded=False), self.need)

    def digest(self) -> str:
        return "ab" * 32

    def make(self) -> Engine:
        return LoadingEngine(self)


class Crew:
    """A started fleet with one reader, as the link is one."""

    def __init__(
        self, machine: Machine, *models: Model, standing: Mapping[str, Engine] | None = None, bound: int | None = None
    ):
        self.clock = Clock()
        self.models = {model.alias: model for model in models}
        self.fleet = Fleet(models, standing, memory=lambda: machine.memory, bound=bound, clock=self.clock)
        self.ends: dict[int, Done | Error] = {}
        self.texts: dict[int, str] = {}
        self._runs = 0
        self._changed = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Crew":
        await self.fleet.start()
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.fleet.stop()
        if self._reader is not None:
            async with asyncio.timeout(SECONDS):
                await self._reader

    async def _read(self) -> None:
        async for events in self.fleet.steps():
            async with self._changed:
                self._note(events)
                self._changed.notify_all()

    def _note(self, events: Sequence[Event]) -> None:
        for event in events:
            assert event.run not in self.ends, f"run {event.run} went on after its end"
            if isinstance(event, Done | Error):
                self.ends[event.run] = event
            else:
                self.texts[event.run] = self.texts.get(event.run, "") + getattr(event, "text", "")

    def ask(self, alias: str, text: str = "hello") -> int:
        """Submits a question; returns its run."""
        self._runs += 1
        self.fleet.submit(self.job(self._runs, alias, text))
        return self._runs

    @staticmethod
    def job(run: int, alias: str, text: str = "hello") -> AnyJob:
        return Job(run, alias, (ChatMessage(role="user", content=text),))

    async def until(self, condition: object, *arguments: object) -> None:
        """Waits for ``condition(*arguments)``, as long as something happens within the deadline."""
        assert callable(condition)
        async with asyncio.timeout(SECONDS):
            while not condition(*arguments):
                await asyncio.sleep(0.001)

    async def arrived(self, alias: str, *runs: int) -> None:
        """The engine of ``alias`` has all ``runs``."""
        await self.until(lambda: set(runs) <= set(self.runs(alias)))

    def runs(self, alias: str) -> list[int]:
        engine = self.models[alias].engine
        return [job.run for job in engine.submitted] if engine else []

    async def finish(self, alias: str, *runs: int) -> None:
        """Lets the engine of ``alias`` write until ``runs`` are over."""
        await self.arrived(alias, *runs)
        engine = self.models[alias].engine
        assert engine is not None
        engine.step(40)
        await self.until(lambda: all(run in self.ends for run in runs))

    async def loaded(self, *aliases: str) -> None:
        """Exactly these are in memory."""
        await self.until(lambda: {info.alias for info in self.fleet.models() if info.loaded} == set(aliases))

    async def idle(self) -> None:
        """Everything that can happen now has happened."""
        for _ in range(50):
            await asyncio.sleep(0)

    def move(self, seconds: float) -> None:
        self.clock.now += seconds
        self.fleet._kick.set()
