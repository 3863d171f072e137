"""The engine as the client sees it: one model in a child process that is started again when it dies.

The parent keeps the text of every run. After a crash the runs are given to the new child with that text as prefix, so
the reader sees one answer; a run that was there at four crashes is given up.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from inference_client.engines.base import Done, EngineError, Error, Event, Job, Text
from inference_client.engines.llama_cpp import budget, gguf, hashes
from inference_client.engines.llama_cpp.process import ChildProcess
from inference_client.engines.llama_cpp.spec import CancelRun, FromChild, LoadFailed, ModelSpec, Ready
from inference_client.engines.llama_cpp.speed import Speed, rounded
from inference_client.protocol.vocabulary import ModelInfo, Usage

log = logging.getLogger(__name__)

MAX_RESUMES: Final = 3
FIRST_DELAY: Final = 0.2
MAX_DELAY: Final = 30.0
"""Seconds before the child is started again: doubled with each crash in a row."""

NO_USAGE: Final = Usage(prompt_tokens=0, completion_tokens=0)


@dataclass(slots=True)
class _Run:
    job: Job
    text: str = ""
    resumes: int = 0
    cancelled: bool = False

    def rest(self) -> Job:
        return replace(self.job, prefix=self.job.prefix + self.text)


class LlamaCppEngine:
    """Loads ``spec`` on ``start``. ``memory_check`` off: try even what should not fit."""

    def __init__(self, spec: ModelSpec, *, cache_dir: Path | None = None, memory_check: bool = True) -> None:
        self._spec = spec
        self._cache_dir = cache_dir
        self._memory_check = memory_check
        self._backend = "cpu"
        self._info: ModelInfo | None = None
        self._offered = False
        self._speed = Speed()
        self._runs: dict[int, _Run] = {}
        self._steps: asyncio.Queue[list[Event] | None] = asyncio.Queue()
        self._child: ChildProcess | None = None
        self._loaded: asyncio.Future[Ready] | None = None
        self._crashes = 0
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def backend(self) -> str:
        return self._backend

    @property
    def child_pid(self) -> int | None:
        """Of the process that runs the model; None while there is none."""
        return self._child.pid if self._child else None

    def models(self) -> tuple[ModelInfo, ...]:
        return (self._info,) if self._info is not None and self._offered else ()

    async def start(self) -> None:
        first, files = await asyncio.to_thread(inspect, self._spec.path)
        trained = first.number("context_length", 2048)
        context = min(self._spec.context or trained, trained)
        if context < self._spec.context:
            log.warning("%s was made for %d tokens of context; using that", self._spec.path.name, trained)
        self._spec = replace(self._spec, context=context)
        if self._memory_check:
            budget.require(budget.estimate(files, context, self._spec.slots, self._spec.batch), budget.available())
        ready = await self._launch()
        self._backend = ready.backend
        self._info = ModelInfo(
            alias=self._spec.alias,
            context_length=ready.context,
            slots=self._spec.slots,
            quantisation=first.quantisation,
            size_bytes=sum(file.size for file in files),
            parameters=sum(file.parameters for file in files),
        )
        self._offered = True
        self._keep(self._hash([file.path for file in files]))

    async def stop(self) -> None:
        self._stopping = True
        for task in list(self._tasks):
            task.cancel()
        if self._child is not None:
            await self._child.stop()
        self._runs.clear()
        self._steps.put_nowait(None)

    def submit(self, job: Job) -> None:
        self._runs[job.run] = _Run(job)
        if self._child is not None:
            self._child.send(job)

    def cancel(self, run: int) -> None:
        known = self._runs.get(run)
        if known is None:
            return
        known.cancelled = True
        if self._child is not None:
            self._child.send(CancelRun(run))
        else:
            self._note([Done(run, "cancelled", NO_USAGE)])

    async def steps(self) -> AsyncIterator[Sequence[Event]]:
        while (batch := await self._steps.get()) is not None:
            yield batch

    # --- the child --------------------------------------------------------------------------------------------------

    async def _launch(self) -> Ready:
        self._loaded = asyncio.get_running_loop().create_future()
        child = ChildProcess(self._spec, self._heard)
        try:
            ready = await self._loaded
        except asyncio.CancelledError:
            await asyncio.shield(child.stop())
            raise
        self._child = child
        return ready

    def _heard(self, child: ChildProcess, message: FromChild | None) -> None:
        if isinstance(message, list):
            self._note(message)
        elif self._loaded is not None and not self._loaded.done():
            self._loading(child, message)
        elif message is None and not self._stopping and child is self._child:
            self._crashed(child)

    def _loading(self, child: ChildProcess, message: Ready | LoadFailed | None) -> None:
        assert self._loaded is not None
        if isinstance(message, Ready):
            self._loaded.set_result(message)
        elif isinstance(message, LoadFailed):
            self._loaded.set_exception(EngineError(message.code, message.detail))
        else:
            detail = f"llama.cpp crashed while loading {self._spec.path.name} ({_ending(child)})"
            self._loaded.set_exception(EngineError("engine_crashed", f"{detail}; the file may be damaged"))

    def _crashed(self, child: ChildProcess) -> None:
        self._child = None
        self._crashes += 1
        log.error("llama.cpp ended (%s) with %d answers running", _ending(child), len(self._runs))
        events: list[Event] = []
        for number, run in self._runs.items():
            run.resumes += 1
            if run.cancelled:
                events.append(Done(number, "cancelled", NO_USAGE))
            elif run.resumes > MAX_RESUMES:
                detail = f"llama.cpp crashed {run.resumes} times during this answer"
                events.append(Error(number, "engine_crashed", detail, retry=True))
        self._note(events)
        self._keep(self._relaunch())

    async def _relaunch(self) -> None:
        while True:
            delay = min(MAX_DELAY, FIRST_DELAY * 2.0 ** (self._crashes - 1))
            await asyncio.sleep(delay)
            try:
                await self._launch()
            except EngineError as problem:
                self._crashes += 1
                self._offered = False
                log.error("llama.cpp cannot be started again: %s", problem.detail)
                self._note([Error(run, problem.code, problem.detail, retry=True) for run in self._runs])
            else:
                break
        self._offered = True
        log.info("llama.cpp runs again; %d answers go on", len(self._runs))
        for run in self._runs.values():
            if self._child is not None:
                self._child.send(run.rest())
        self._steps.put_nowait([])

    # --- events -----------------------------------------------------------------------------------------------------

    def _note(self, events: list[Event]) -> None:
        """Takes note of a batch and passes it on."""
        for event in events:
            run = self._runs.get(event.run)
            if run is None:
                continue
            if isinstance(event, Text):
                run.text += event.text
            elif isinstance(event, Done | Error):
                del self._runs[event.run]
                if isinstance(event, Done) and event.reason != "cancelled":
                    self._measured(run, event)
        if events:
            self._steps.put_nowait(events)

    def _measured(self, run: _Run, done: Done) -> None:
        self._crashes = 0
        if self._info is None or run.job.prefix or run.resumes:
            return
        self._speed.add(done.usage)
        prompt = rounded(self._speed.prompt, self._info.prompt_tps)
        generation = rounded(self._speed.generation, self._info.generation_tps)
        self._info = self._info.model_copy(update={"prompt_tps": prompt, "generation_tps": generation})

    async def _hash(self, files: list[Path]) -> None:
        try:
            digest = await asyncio.to_thread(hashes.sha256, files, self._cache_dir)
        except OSError as problem:
            log.warning("the model's SHA-256 cannot be computed: %s", problem.strerror)
            return
        if self._info is not None:
            self._info = self._info.model_copy(update={"sha256": digest})
            self._steps.put_nowait([])

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


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
