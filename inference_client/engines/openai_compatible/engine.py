"""The engine as the client sees it: one upstream server with all its models."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from inference_client.backoff import Backoff
from inference_client.engines.base import AnyJob, Done, EmbedJob, EngineError, Error, Event, Job, PaintJob, Text
from inference_client.engines.openai_compatible import single
from inference_client.engines.openai_compatible.chat import Chat, Where
from inference_client.engines.openai_compatible.discovery import UNKNOWN_CONTEXT, Look, look
from inference_client.engines.openai_compatible.faults import Fault
from inference_client.engines.openai_compatible.lane import KINDS, Lane
from inference_client.engines.openai_compatible.memory import keep_in_memory
from inference_client.engines.openai_compatible.spec import Flavour, UpstreamSpec
from inference_client.engines.openai_compatible.transport import Transport
from inference_client.protocol.vocabulary import Kind, ModelInfo, ModelMetrics, Usage

log = logging.getLogger(__name__)

NO_USAGE: Final = Usage(prompt_tokens=0, completion_tokens=0)

MEASURING: Final = 60.0
"""Seconds to wait for the one vector that tells how long vectors are; the model may have to be loaded for it."""

_CONFIGURATION: Final = frozenset(
    {
        "upstream_key",
        "upstream_untrusted",
        "upstream_moved",
        "upstream_garbled",
        "upstream_refused",
        "upstream_too_much",
    }
)
"""What waiting does not mend: the program refuses to start."""

_GONE: Final = frozenset({"upstream_away", "upstream_untrusted", "upstream_key", "model_missing"})
"""After these a look decides what is still offered."""


@dataclass(slots=True)
class _Run:
    job: AnyJob
    lane: Lane
    task: "asyncio.Task[Done] | None" = None
    chat: Chat | None = None
    cancelled: bool = False


class OpenAICompatibleEngine:
    """Sends jobs to the server of ``spec``. A server that is away only takes its models from the offer."""

    def __init__(self, spec: UpstreamSpec, *, backoff: Backoff | None = None) -> None:
        self._spec = spec
        self._lanes = {model.alias: Lane(model) for model in spec.models}
        self._host = urlsplit(spec.root).netloc
        self._http = Transport(
            spec.root,
            spec.api_key,
            connect_seconds=spec.timeouts.connect,
            # Questions about the upstream must not wait for answers.
            connections=sum(model.slots for model in spec.models) + 8,
        )
        self._backoff = backoff or Backoff()
        self._flavour: Flavour | None = None
        self._runs: dict[int, _Run] = {}
        self._steps: asyncio.Queue[Sequence[Event] | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._look_now = asyncio.Event()
        self._said: set[str] = set()
        self._trouble = ""
        self._stopping = False

    @property
    def backend(self) -> str:
        return "upstream"

    @property
    def flavour(self) -> Flavour | None:
        """Which program answers; None until it did."""
        return self._flavour

    def models(self) -> tuple[ModelInfo, ...]:
        return tuple(info for lane in self._lanes.values() if (info := lane.info()) is not None)

    def problems(self) -> dict[str, str]:
        """Why models are not offered now, by alias."""
        return {alias: self._trouble for alias, lane in self._lanes.items() if lane.found is None and self._trouble}

    async def start(self) -> None:
        """Raises EngineError for what only the operator can mend: a wrong key or address, or none of the models is there.
        A server that does not answer is waited for.
        """
        if self._spec.exposes_key:
            log.warning("the API key goes to %s in plain text; use https:// for it", self._host)
        try:
            seen = await self._look()
        except Fault as fault:
            if fault.code in _CONFIGURATION:
                raise EngineError(fault.code, fault.detail) from None
            self._trouble = fault.detail
            self._say(logging.WARNING, f"{fault.detail} Its models are offered once it answers.")
        else:
            if seen.missing and not seen.found:
                raise EngineError("model_missing", self._missing(seen))
            if seen.missing:
                # What is there must not suffer for what is not.
                self._say(logging.WARNING, self._missing(seen))
        self._keep(self._watch())

    async def stop(self) -> None:
        self._stopping = True
        tasks: list[asyncio.Task[Any]] = [*self._tasks, *(run.task for run in self._runs.values() if run.task)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._runs.clear()
        await self._http.aclose()
        self._steps.put_nowait(None)

    def submit(self, job: AnyJob) -> None:
        lane = self._lanes.get(job.model)
        if lane is None or job.run in self._runs:
            detail = f"no model {job.model} is configured here" if lane is None else "this run was submitted before"
            self._note([Error(job.run, "model_missing" if lane is None else "run_known", detail, retry=lane is None)])
        elif KINDS[type(job)] != lane.model.kind:
            detail = f"{job.model} is a model of kind {lane.model.kind}; this job needs {KINDS[type(job)]}"
            self._note([Error(job.run, "wrong_kind", detail)])
        elif lane.found is None:
            detail = f"the upstream {self._host} does not offer {job.model} now"
            self._note([Error(job.run, "upstream_away", detail, retry=True)])
        else:
            self._runs[job.run] = _Run(job, lane)
            lane.waiting[job.run] = job
            self._pump(lane)

    def cancel(self, run: int) -> None:
        known = self._runs.get(run)
        if known is None or known.cancelled:
            return
        known.cancelled = True
        if known.task is not None:
            # The connection is closed before the task ends, and with it the upstream's work.
            known.task.cancel()
            return
        del self._runs[run], known.lane.waiting[run]
        self._note([Done(run, "cancelled", NO_USAGE)])

    async def steps(self) -> AsyncIterator[Sequence[Event]]:
        while (batch := await self._steps.get()) is not None:
            yield batch

    def metrics(self) -> tuple[ModelMetrics, ...]:
        return tuple(lane.metrics() for lane in self._lanes.values())

    def load(self, alias: str) -> None:
        self._memory(alias, load=True)

    def unload(self, alias: str) -> None:
        self._memory(alias, load=False)

    # --- runs -------------------------------------------------------------------------------------------------------

    def _pump(self, lane: Lane) -> None:
        while (job := lane.next()) is not None:
            run = self._runs[job.run]
            run.task = asyncio.create_task(self._perform(run))
            run.task.add_done_callback(partial(self._ended, run))

    async def _perform(self, run: _Run) -> Done:
        job, lane = run.job, run.lane
        if lane.found is None or self._flavour is None:
            raise Fault("upstream_away", f"the upstream {self._host} went away; try again soon", retry=True)
        if isinstance(job, Job):
            where = Where(self._http, self._flavour, lane.model, lane.found.name, self._spec.timeouts)
            run.chat = Chat(job, where, self._note)
            return await run.chat.perform()
        place = single.Place(self._http, lane.found.name, self._spec.timeouts.whole)
        started = asyncio.get_running_loop().time()
        result: Event
        tokens = 0
        if isinstance(job, EmbedJob):
            result, tokens = await single.embed(job, place, lane.dimensions)
            lane.dimensions = len(result.vectors[0]) // 4
        elif isinstance(job, PaintJob):
            result = await single.paint(job, place)
        else:
            result = await single.transcribe(job, place)
        if not isinstance(result, Text) or result.text:
            self._note([result])
        seconds = asyncio.get_running_loop().time() - started
        return Done(job.run, "stop", Usage(prompt_tokens=tokens, completion_tokens=0, prompt_seconds=seconds))

    def _ended(self, run: _Run, task: "asyncio.Task[Done]") -> None:
        """After the connection is closed, whichever way it ended; also for a task that was cancelled before its start."""
        if self._stopping:
            return
        number, lane, chat = run.job.run, run.lane, run.chat
        self._runs.pop(number, None)
        lane.running.discard(number)
        prefix = chat.prefix_tokens if chat else 0
        end: Done | Error
        problem = None if task.cancelled() else task.exception()
        if task.cancelled() or (run.cancelled and problem is not None):
            end = Done(number, "cancelled", chat.usage() if chat else NO_USAGE, chat.trimmed if chat else 0)
        elif problem is None:
            end = task.result()
            if chat and chat.counted:
                lane.measure(end.usage, prefix)
            elif chat:
                self._say(logging.INFO, f"The upstream {self._host} tells no usage; its answers' pieces are counted.")
        elif isinstance(problem, Fault):
            end = problem.event(number)
            log.warning("run %s: %s", run.job.trace or number, problem.detail)
            if problem.code in _GONE:
                self._look_now.set()
        else:
            # Its words may hold text of a conversation; where it happened does not.
            log.error("%s in a run:\n%s", type(problem).__name__, "".join(traceback.format_tb(problem.__traceback__)))
            end = Error(number, "engine_failed", "the client failed at this answer; its log says where", retry=True)
        lane.ended(end.usage if isinstance(end, Done) else None, prefix, failed=isinstance(end, Error))
        self._note([end])
        self._pump(lane)

    def _note(self, events: Sequence[Event]) -> None:
        self._steps.put_nowait(events)

    # --- the upstream -----------------------------------------------------------------------------------------------

    async def _look(self) -> Look:
        seen = await look(self._http, self._spec, self._flavour)
        if self._flavour != seen.flavour:
            self._flavour = seen.flavour
            log.info("the upstream %s speaks like %s", self._host, seen.flavour)
        self._trouble = self._missing(seen) if seen.missing else ""
        before = self.models()
        for alias, lane in self._lanes.items():
            lane.found = seen.found.get(alias)
            if lane.found and lane.model.kind == "chat" and not (lane.found.context or lane.model.context_length):
                self._say(
                    logging.WARNING,
                    f"The upstream {self._host} does not tell the context of {alias}: {UNKNOWN_CONTEXT} is assumed; "
                    "set context_length.",
                )
        await self._measure_dimensions()
        if self.models() != before:
            self._note([])
        return seen

    async def _measure_dimensions(self) -> None:
        """By one vector, where the upstream does not say how long they are."""
        for lane in self._lanes.values():
            if lane.model.kind == "embedding" and lane.found and not (lane.dimensions or lane.found.dimensions):
                place = single.Place(self._http, lane.found.name, min(MEASURING, self._spec.timeouts.whole))
                try:
                    result, _ = await single.embed(EmbedJob(0, lane.model.alias, ("length",)), place, None)
                except Fault as fault:
                    self._say(
                        logging.WARNING, f"The dimensions of {lane.model.alias} are not known yet: {fault.detail}"
                    )
                else:
                    lane.dimensions = len(result.vectors[0]) // 4

    async def _watch(self) -> None:
        """Looks now and then; while the upstream is away, ever more seldom."""
        while True:
            present = any(lane.found for lane in self._lanes.values())
            wait = self._spec.timeouts.health if present else self._backoff.next()
            try:
                async with asyncio.timeout(wait):
                    await self._look_now.wait()
            except TimeoutError:
                pass
            self._look_now.clear()
            try:
                seen = await self._look()
            except Fault as fault:
                # A server deep in work may be slow to answer questions.
                if fault.code != "upstream_silent" or not any(lane.running for lane in self._lanes.values()):
                    self._lost(fault)
                continue
            except Exception as error:
                log.error("%s while looking at the upstream %s", type(error).__name__, self._host)
                continue
            if seen.found and not present:
                self._backoff.reset()
                self._said.clear()
            if seen.missing:
                self._say(logging.WARNING, self._missing(seen))
            elif not present:
                log.info("the upstream %s answers; its models are offered", self._host)

    def _lost(self, fault: Fault) -> None:
        self._trouble = fault.detail
        self._say(logging.WARNING, f"{fault.detail} Its models are not offered until it answers.")
        before = self.models()
        # What comes back may be another program with other models.
        self._flavour = None
        for lane in self._lanes.values():
            lane.found = lane.dimensions = None
        if before:
            self._note([])

    def _missing(self, seen: Look) -> str:
        wanted = ", ".join(self._lanes[alias].model.name or alias for alias in seen.missing)
        has = ", ".join(seen.names[:20]) or "none"
        return f"the upstream {self._host} has no model {wanted}; it has: {has}. Correct the name or load it there"

    def _memory(self, alias: str, *, load: bool) -> None:
        lane = self._lanes.get(alias)
        if lane is not None and lane.found is not None and self._flavour is not None:
            self._keep(self._moved(self._flavour, lane.found.name, lane.model.kind, load=load))

    async def _moved(self, flavour: Flavour, name: str, kind: Kind, *, load: bool) -> None:
        await keep_in_memory(self._http, flavour, name, kind, load=load)
        self._look_now.set()

    def _say(self, level: int, words: str) -> None:
        """Once, however often it is found again."""
        if words not in self._said:
            self._said.add(words)
            log.log(level, "%s", words)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
