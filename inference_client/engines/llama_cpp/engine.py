"""The engine as the client sees it: one model in a child process that is started again when it dies.

The parent keeps the text of every run. After a crash the runs are given to the new child with that text as prefix, so
the reader sees one answer; a run that was there at four crashes is given up.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from inference_client.daemons import in_daemon
from inference_client.engines.base import (
    AnyJob,
    Done,
    EmbedJob,
    EngineError,
    Error,
    Event,
    Job,
    PaintJob,
    Text,
    TranscribeJob,
)
from inference_client.engines.llama_cpp import budget, gguf, hashes, kinds, offer, states
from inference_client.engines.llama_cpp.process import ChildProcess
from inference_client.engines.llama_cpp.runs import Counts, Run, form_of, guilty
from inference_client.engines.llama_cpp.spec import CancelRun, FromChild, LoadFailed, ModelSpec, Ready, Tally
from inference_client.engines.llama_cpp.speed import Speed, rounded
from inference_client.engines.llama_cpp.watch import Watch
from inference_client.engines.seats import said
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics, Usage

log = logging.getLogger(__name__)

MAX_RESUMES: Final = 3
FIRST_DELAY: Final = 0.2
MAX_DELAY: Final = 30.0
"""Seconds before the child is started again: doubled with each crash in a row."""

WATCH_SECONDS: Final = 2.0
LOAD_SECONDS: Final = 900.0
MAX_FORBIDDEN: Final = 100
NO_USAGE: Final = Usage(prompt_tokens=0, completion_tokens=0)

_KINDS: Final = {Job: "answers", EmbedJob: "vectors", TranscribeJob: "recordings", PaintJob: "images"}


class LlamaCppEngine:
    """One model. ``start`` loads it, or with ``lazy`` only reads its header: the first job or ``load`` loads it then.

    ``cache_dir`` keeps the file's hash. ``memory_check`` off: try even what should not fit.
    """

    def __init__(
        self, spec: ModelSpec, *, cache_dir: Path | None = None, memory_check: bool = True, lazy: bool = False
    ) -> None:
        self._spec = spec
        self._cache_dir = cache_dir
        self._memory_check = memory_check
        self._lazy = lazy
        self._backend = "cpu"
        self._info: ModelInfo | None = None
        self._files: list[gguf.GgufFile] = []
        self._projector: gguf.GgufFile | None = None
        self._offered = False
        self._told: tuple[ModelInfo, ...] = ()
        self._speed = Speed()
        self._counts = Counts(time.monotonic())
        self._watch = Watch(time.monotonic())
        self._runs: dict[int, Run] = {}
        self._steps: asyncio.Queue[list[Event] | None] = asyncio.Queue()
        self._child: ChildProcess | None = None
        self._launching: ChildProcess | None = None
        self._loaded: asyncio.Future[Ready] | None = None
        self._changing = asyncio.Lock()
        self._bringing: asyncio.Task[None] | None = None
        self._unwanted = False
        self._crashes = 0
        self._forbidden: set[str] = set()
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def backend(self) -> str:
        return self._backend

    @property
    def child_pid(self) -> int | None:
        """Of the process that runs the model; None while there is none."""
        return self._child.pid if self._child else None

    def models(self) -> tuple[ModelInfo, ...]:
        if self._info is None or not self._offered:
            return ()
        # The same object as long as nothing has changed: it is asked for with every batch.
        if not self._told or self._told[0] is not self._info:
            self._told = (self._info,)
        return self._told

    def metrics(self) -> tuple[ModelMetrics, ...]:
        return (self._counts.take(self._spec.alias, self._spec.slots, len(self._runs), time.monotonic()),)

    async def start(self) -> None:
        first, self._files = await asyncio.to_thread(inspect, self._spec.path)
        if self._spec.mmproj is not None:
            self._projector = await asyncio.to_thread(gguf.read, self._spec.mmproj)
        trained = kinds.context_length(self._spec, first)
        context = min(self._spec.context or trained, trained)
        if context < self._spec.context:
            log.warning("%s was made for %d tokens of context; using that", self._spec.path.name, trained)
        self._spec = replace(self._spec, context=context)
        self._info = offer.describe(self._spec, self._files)
        await self._sweep()
        if not self._lazy:
            await self._load()
        self._offered = True
        self._keep(self._hash([file.path for file in self._files]))
        self._keep(self._watched())

    async def stop(self) -> None:
        self._stopping = True
        tasks = list(self._tasks)
        for task in tasks:
            # A child's farewell is never cut short: it would live on unseen.
            if task not in self._farewells:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._child is not None:
            await self._child.stop()
        await self._sweep()
        self._runs.clear()
        self._steps.put_nowait(None)

    def submit(self, job: AnyJob) -> None:
        if not isinstance(job, Job | EmbedJob) or isinstance(job, EmbedJob) != (self._spec.kind == "embedding"):
            does = "turns texts into vectors" if self._spec.kind == "embedding" else "writes answers"
            detail = f"{self._spec.alias} {does}; ask a model made for {_KINDS[type(job)]}"
            self._steps.put_nowait([Error(job.run, "wrong_kind", detail)])
            return
        if isinstance(job, Job) and form_of(job) in self._forbidden:
            self._steps.put_nowait([guilty(job)])
            return
        if not self._runs:
            self._watch.word(time.monotonic())
        self._runs[job.run] = Run(job)
        self._counts.requests += 1
        if self._child is not None and self._bringing is None:
            self._child.send(job)
        else:
            self._bring()

    def cancel(self, run: int) -> None:
        known = self._runs.get(run)
        if known is None:
            return
        known.cancelled = True
        # While it is being brought, the child is there a moment before it gets its runs.
        if self._child is not None and self._bringing is None:
            self._child.send(CancelRun(run))
            self._watch.stop(time.monotonic())
        else:
            self._note([Done(run, "cancelled", NO_USAGE)])

    async def steps(self) -> AsyncIterator[Sequence[Event]]:
        while (batch := await self._steps.get()) is not None:
            yield batch

    def load(self, alias: str) -> None:
        if alias == self._spec.alias:
            self._unwanted = False
            if self._child is None:
                self._bring()

    def unload(self, alias: str) -> None:
        if alias == self._spec.alias and (self._child is not None or self._bringing is not None):
            self._unwanted = True
            self._unload_if_idle()

    # --- in and out of memory ---------------------------------------------------------------------------------------

    def _bring(self) -> None:
        """Sees to it that the model is loaded, or that its runs hear why it is not."""
        if self._bringing is None and not self._stopping:
            self._bringing = self._keep(self._brought())

    async def _brought(self) -> None:
        try:
            while True:
                if self._crashes:
                    await asyncio.sleep(min(MAX_DELAY, FIRST_DELAY * 2.0 ** (self._crashes - 1)))
                try:
                    await self._load()
                except Exception as failure:
                    problem = said(self._spec.alias, failure)
                    log.error("llama.cpp cannot load %s: %s", self._spec.alias, problem.detail)
                    self._note([Error(run, problem.code, problem.detail, retry=True) for run in self._runs])
                    if not self._crashes:
                        return
                    self._crashes += 1
                    self._offered = False
                else:
                    break
        finally:
            self._bringing = None
        self._offered = True
        if self._crashes:
            log.info("llama.cpp runs again; %d answers go on", len(self._runs))
        for run in self._runs.values():
            if self._child is not None:
                self._child.send(run.rest())
        self._unload_if_idle()

    async def _load(self) -> None:
        """Raises EngineError."""
        async with self._changing:
            if self._child is not None:
                return
            beside = self._spec.cache_bytes
            if self._memory_check and not self._crashes:
                need = kinds.estimate(self._spec, self._files, self._projector)
                free = await asyncio.to_thread(budget.available)
                budget.require(need, free)
                beside = budget.spare(self._spec.cache_bytes, need, free)
            await self._sweep()
            ready = await self._launch(replace(self._spec, cache_bytes=beside))
            self._backend = ready.backend
            self._tell(loaded=True, context_length=ready.context)

    def _unload_if_idle(self) -> None:
        if self._unwanted and not self._runs and self._child is not None and not self._stopping:
            self._unwanted = False
            child, self._child = self._child, None
            self._tell(loaded=False)
            farewell = self._keep(self._ended(child))
            self._farewells.add(farewell)
            farewell.add_done_callback(self._farewells.discard)

    async def _ended(self, child: ChildProcess) -> None:
        # Whoever wants the model back waits until its memory is free.
        async with self._changing:
            await child.stop()

    async def _sweep(self) -> None:
        """What a child that was killed has left on disk."""
        if self._spec.cache_dir is not None:
            await asyncio.to_thread(states.sweep, self._spec.cache_dir)

    def _tell(self, **news: object) -> None:
        """The offer changed."""
        if self._info is not None:
            self._info = self._info.model_copy(update=news)
            self._steps.put_nowait([])

    # --- the child --------------------------------------------------------------------------------------------------

    async def _launch(self, spec: ModelSpec) -> Ready:
        self._loaded = asyncio.get_running_loop().create_future()
        try:
            child = ChildProcess(spec, self._heard)
        except OSError as problem:
            detail = f"the system starts no process for llama.cpp: {problem.strerror}; close other programs"
            raise EngineError("engine_crashed", detail) from None
        self._launching = child
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                return await self._loaded
        except TimeoutError:
            child.kill()
            detail = f"llama.cpp has not loaded {spec.path.name} in {LOAD_SECONDS:.0f} s; look at the disk and the GPU's driver"
            raise EngineError("engine_crashed", detail) from None
        except asyncio.CancelledError:
            await child.stop()
            raise

    async def _watched(self) -> None:
        """Ends a child that hangs in native code; its runs go on in the next one."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            stopping = any(run.cancelled for run in self._runs.values())
            if self._child is not None and self._child.blamed is not None:
                # It looks at an image or builds a grammar, in silence; an alarm of its own ends it if that hangs.
                self._watch.word(time.monotonic())
            elif self._child is not None and self._runs and self._watch.hangs(time.monotonic(), stopping=stopping):
                log.error("llama.cpp has said nothing for too long and is started again")
                self._watch.word(time.monotonic())
                self._child.kill()

    def _heard(self, child: ChildProcess, message: FromChild | None) -> None:
        self._watch.word(time.monotonic())
        if isinstance(message, Tally):
            self._counts.add(message)
        elif isinstance(message, list):
            self._note(message)
        elif child is self._launching and self._loaded is not None and not self._loaded.done():
            self._loading(child, message)
        elif message is None and not self._stopping and child is self._child:
            self._crashed(child)

    def _loading(self, child: ChildProcess, message: Ready | LoadFailed | None) -> None:
        assert self._loaded is not None
        if isinstance(message, Ready):
            # At once: its death may be the very next message.
            self._child = child
            self._loaded.set_result(message)
        elif isinstance(message, LoadFailed):
            self._loaded.set_exception(EngineError(message.code, message.detail))
        else:
            detail = f"llama.cpp crashed while loading {self._spec.path.name} ({_ending(child)})"
            self._loaded.set_exception(EngineError("engine_crashed", f"{detail}; the file may be damaged"))

    def _crashed(self, child: ChildProcess) -> None:
        self._child = None
        guilty = child.blamed
        if guilty in self._runs:
            self._condemn(guilty)
        else:
            self._crashes += 1
        log.error("llama.cpp ended (%s) with %d answers running", _ending(child), len(self._runs))
        events: list[Event] = []
        for number, run in self._runs.items():
            # A crash by another's fault is not counted against it.
            run.resumes += guilty is None
            if run.cancelled:
                events.append(Done(number, "cancelled", NO_USAGE))
            elif run.resumes > MAX_RESUMES:
                detail = f"llama.cpp crashed {run.resumes} times during this answer"
                events.append(Error(number, "engine_crashed", detail, retry=True))
        self._note(events)
        self._tell(loaded=False)
        self._bring()

    def _condemn(self, number: int) -> None:
        """Its image or its grammar took llama.cpp down; that grammar never again."""
        job = self._runs[number].job
        if form := form_of(job):
            self._forbidden = {*list(self._forbidden)[-MAX_FORBIDDEN:], form}
        self._note([guilty(job)])

    # --- events -----------------------------------------------------------------------------------------------------

    def _note(self, events: list[Event]) -> None:
        """Takes note of a batch and passes it on."""
        for event in events:
            run = self._runs.get(event.run)
            if run is None:
                continue
            if isinstance(event, Text):
                run.add(event)
            elif isinstance(event, Done | Error):
                del self._runs[event.run]
                if isinstance(event, Error):
                    self._counts.errors += 1
                elif event.reason != "cancelled":
                    self._measured(run, event)
        if events:
            self._steps.put_nowait(events)
            self._unload_if_idle()

    def _measured(self, run: Run, done: Done) -> None:
        self._crashes = 0
        if self._info is None or run.continued or run.resumes:
            return
        self._speed.add(done.usage)
        prompt = rounded(self._speed.prompt, self._info.prompt_tps)
        generation = rounded(self._speed.generation, self._info.generation_tps)
        if (prompt, generation) != (self._info.prompt_tps, self._info.generation_tps):
            self._info = self._info.model_copy(update={"prompt_tps": prompt, "generation_tps": generation})

    async def _hash(self, files: list[Path]) -> None:
        try:
            digest = await in_daemon(lambda: hashes.sha256(files, self._cache_dir))
        except OSError as problem:
            log.warning("the model's SHA-256 cannot be computed: %s", problem.strerror)
            return
        self._tell(sha256=digest)

    def _keep(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def inspect(path: Path) -> tuple[gguf.GgufFile, list[gguf.GgufFile]]:
    """(first file, all files) of a model. Raises EngineError with a ``model_`` code."""
    first = gguf.read(path)
    others = [gguf.read(part) for part in gguf.parts(path, first)[1:]]
    if not first.architecture:
        raise EngineError("model_unsupported", f"{path} does not say what architecture it is")
    return first, [first, *others]


def _ending(child: ChildProcess) -> str:
    code = child.exit_code
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
