"""The models of a fleet, one seat each: whether it is in memory, what it runs, and how often it failed to load."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

from inference_client.daemons import in_daemon
from inference_client.engines.base import Engine, EngineError
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics

log = logging.getLogger(__name__)

FIRST_BLOCK_SECONDS: Final = 5.0
MOST_BLOCK_SECONDS: Final = 600.0
FAILURES_UNTIL_WITHDRAWN: Final = 2


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a model before it is loaded. ``need``: bytes of memory, an estimate."""

    info: ModelInfo
    need: int


class Member(Protocol):
    """A model that a fleet may load. ``keep_alive``: seconds without a job after which it leaves; None: never."""

    @property
    def alias(self) -> str: ...

    @property
    def preload(self) -> bool: ...

    @property
    def keep_alive(self) -> float | None: ...

    async def describe(self) -> Description:
        """Reads the file's header. Raises EngineError."""
        ...

    def digest(self) -> str:
        """SHA-256 of the model. Blocks while it reads the file. Raises OSError."""
        ...

    def make(self) -> Engine:
        """A new engine for this model alone; its ``start`` loads the model."""
        ...


@dataclass(slots=True)
class Seat:
    """``engine`` is set while the model is in memory; ``raw`` is what it said last. Times are monotonic seconds."""

    member: Member
    info: ModelInfo | None = None
    raw: ModelInfo | None = None
    need: int = 0
    engine: Engine | None = None
    runs: set[int] = field(default_factory=set)
    last_used: float = 0.0
    asked_at: float = 0.0
    failures: int = 0
    blocked_until: float = 0.0
    problem: EngineError | None = None
    left: ModelMetrics | None = None
    errors: int = 0

    @property
    def alias(self) -> str:
        return self.member.alias

    def offer(self) -> ModelInfo | None:
        """What the site is told; None while the model cannot be loaded, again and again."""
        if self.engine is not None:
            infos = self.engine.models()
            # Asked at every decode step: what has not changed must stay the same object.
            if infos and infos[0] is not self.raw:
                self.raw = infos[0]
                self.info = _remembering(self.info, self.raw)
            return self.info if infos else None
        return None if self.withdrawn else self.info

    def complaint(self) -> str:
        """Why it is not offered, or could not be loaded the last time; empty if all is well."""
        if self.engine is not None:
            return "" if self.engine.models() else "its engine ended and is started again; the log says why"
        return self.problem.detail if self.problem is not None else ""

    @property
    def withdrawn(self) -> bool:
        return self.engine is None and self.failures >= FAILURES_UNTIL_WITHDRAWN

    def failed(self, problem: EngineError, now: float) -> float:
        """Takes note; returns for how many seconds nobody tries again."""
        self.failures += 1
        self.problem = problem
        pause = min(MOST_BLOCK_SECONDS, FIRST_BLOCK_SECONDS * 2.0 ** min(self.failures - 1, 16))
        self.blocked_until = now + pause
        return pause

    def idle_until(self) -> float | None:
        """When it may leave for want of work; None if it has work or may stay."""
        if self.engine is None or self.runs or self.member.keep_alive is None:
            return None
        return self.last_used + self.member.keep_alive

    def gone(self) -> None:
        """Its engine is about to stop: keeps what that has counted and measured."""
        if self.engine is not None:
            self.offer()
            self.left = merged(self.alias, [self.left, *self.engine.metrics()])
            self.engine = None
        if self.info is not None:
            self.info = self.info.model_copy(update={"loaded": False})

    def metrics(self, now: float, waiting: int) -> ModelMetrics:
        """Since the call before; ``waiting`` jobs stand in the fleet's line."""
        counted = merged(self.alias, [self.left, *(self.engine.metrics() if self.engine else ())])
        seconds, self.asked_at = max(0.0, now - self.asked_at), now
        errors, self.errors, self.left = self.errors, 0, None
        return counted.model_copy(
            update={
                "seconds": seconds,
                "waiting": counted.waiting + waiting,
                "errors": counted.errors + errors,
                "requests": counted.requests + errors,
                "busy": counted.busy if self.engine else 0,
            }
        )


def merged(alias: str, parts: Sequence[ModelMetrics | None]) -> ModelMetrics:
    """Sums; the slots' state is that of the last part."""
    known = [part for part in parts if part is not None]
    counts = ("prompt_tokens", "cached_tokens", "completion_tokens", "requests", "errors")
    sums = {name: sum(getattr(part, name) for part in known) for name in counts}
    last = known[-1] if known else None
    return ModelMetrics(
        alias=alias,
        seconds=sum(part.seconds for part in known),
        busy=last.busy if last else 0,
        waiting=last.waiting if last else 0,
        **sums,
    )


def _remembering(before: ModelInfo | None, info: ModelInfo) -> ModelInfo:
    """``info`` with what was measured before the model left memory, as long as its new engine has not measured it."""
    known = {name: getattr(before, name) for name in ("prompt_tps", "generation_tps", "sha256") if before is not None}
    missing = {name: value for name, value in known.items() if value and not getattr(info, name)}
    return info.model_copy(update=missing) if missing else info


async def digested(seat: Seat) -> bool:
    """Finds out the SHA-256 of a model that is not loaded; an engine does that itself. Whether that was news."""
    if seat.info is None or seat.info.sha256 or seat.engine is not None:
        return False
    try:
        digest = await in_daemon(seat.member.digest)
    except (OSError, EngineError) as problem:
        log.warning("the SHA-256 of %s cannot be computed: %s", seat.alias, problem)
        return False
    seat.info = seat.info.model_copy(update={"sha256": digest})
    return True


@runtime_checkable
class Complaining(Protocol):
    """An engine of several models that knows of each why it is not offered."""

    def problems(self) -> dict[str, str]: ...


def complaints(engines: Sequence[Engine]) -> dict[str, str]:
    """Why models of ``engines`` are not offered, by alias."""
    return {
        alias: why for engine in engines if isinstance(engine, Complaining) for alias, why in engine.problems().items()
    }


def said(alias: str, problem: Exception) -> EngineError:
    """``problem`` in words for people; one that nobody foresaw goes to the log, and stays this model's alone."""
    if isinstance(problem, EngineError):
        return problem
    log.error("loading %s failed unexpectedly", alias, exc_info=problem)
    return EngineError("engine_failed", f"loading {alias} failed unexpectedly; the client's log says why")
