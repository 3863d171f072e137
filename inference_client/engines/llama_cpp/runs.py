"""What the parent process keeps of each run, so that a crash of the child loses nothing, and what it counts."""

import hashlib
from dataclasses import dataclass, field, replace

from inference_client.engines.base import EmbedJob, Error, Job, Text
from inference_client.engines.llama_cpp.spec import Tally
from inference_client.protocol.vocabulary import ModelMetrics


@dataclass(slots=True)
class Run:
    """``texts`` came since ``job`` was given, their first ``thinking`` code points thinking."""

    job: Job | EmbedJob
    texts: list[str] = field(default_factory=list)
    thinking: int = 0
    resumes: int = 0
    cancelled: bool = False

    def add(self, event: Text) -> None:
        self.texts.append(event.text)
        if event.thinking:
            self.thinking += len(event.text)

    @property
    def continued(self) -> bool:
        """It began with text of an attempt before."""
        return isinstance(self.job, Job) and bool(self.job.prefix)

    def rest(self) -> Job | EmbedJob:
        """The job that goes on where this run has come to; vectors begin anew."""
        job = self.job
        if isinstance(job, EmbedJob):
            return job
        prefix = job.prefix + "".join(self.texts)
        return replace(job, prefix=prefix, prefix_thinking=job.prefix_thinking + self.thinking)


@dataclass(slots=True)
class Counts:
    """What happened since ``since`` (seconds of a steady clock)."""

    since: float
    requests: int = 0
    errors: int = 0
    tally: Tally = field(default_factory=Tally)

    def add(self, tally: Tally) -> None:
        was = self.tally
        self.tally = Tally(was.read + tally.read, was.cached + tally.cached, was.written + tally.written)

    def take(self, alias: str, slots: int, runs: int, now: float) -> ModelMetrics:
        """The report, and begins anew."""
        tally, busy = self.tally, min(slots, runs)
        report = ModelMetrics(
            alias=alias,
            seconds=max(0.0, now - self.since),
            prompt_tokens=tally.read,
            cached_tokens=tally.cached,
            completion_tokens=tally.written,
            requests=self.requests,
            errors=self.errors,
            busy=busy,
            waiting=runs - busy,
        )
        self.since, self.requests, self.errors, self.tally = now, 0, 0, Tally()
        return report


def form_of(job: Job | EmbedJob) -> str:
    """Tells apart what answers are forced into; empty for a free answer."""
    if isinstance(job, EmbedJob):
        return ""
    wanted = job.sampling.grammar + job.sampling.json_schema
    return hashlib.sha256(wanted.encode("utf-8", "replace")).hexdigest() if wanted else ""


def guilty(job: Job | EmbedJob) -> Error:
    """The end of a run whose grammar or image took llama.cpp down, or would again."""
    if form_of(job):
        detail = "llama.cpp cannot follow this grammar or JSON schema: it takes too long or crashes; simplify it"
        return Error(job.run, "invalid_grammar", detail)
    detail = "llama.cpp crashed while it looked at an image of this conversation; leave it out, or send another"
    return Error(job.run, "bad_image", detail)
