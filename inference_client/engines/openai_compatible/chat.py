"""One chat from its job to its end: asks, reads the stream, and asks again where that helps before any text was sent."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from inference_client.engines.base import Done, Event, Job, Text
from inference_client.engines.openai_compatible import faults, request
from inference_client.engines.openai_compatible.answer import AnswerReader
from inference_client.engines.openai_compatible.faults import ContextFull, Fault
from inference_client.engines.openai_compatible.request import Ask
from inference_client.engines.openai_compatible.spec import Flavour, Timeouts, UpstreamModel
from inference_client.engines.openai_compatible.sse import EventReader, TooLong
from inference_client.engines.openai_compatible.transport import Transport
from inference_client.protocol.vocabulary import Usage

log = logging.getLogger(__name__)

BUSY_TRIES: Final = 3
"""Times one job is sent to an upstream that says it has too much to do."""

TRIMS: Final = 8
LEAST_ANSWER: Final = 64
"""Tokens of an answer that are worth asking for."""

AFTER_FINISH: Final = 5.0
"""Seconds to wait for usage once the answer is whole."""

BYTES_PER_TOKEN: Final = 4
"""Where nobody counts; a rule of thumb for English."""

Emit = Callable[[Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Where:
    """``name``: the model's own at the upstream."""

    http: Transport
    flavour: Flavour
    model: UpstreamModel
    name: str
    timeouts: Timeouts


@dataclass(slots=True)
class Chat:
    """``perform`` ends with Done, or raises Fault. ``usage`` may be asked at any time, also after a cancellation."""

    job: Job
    where: Where
    emit: Emit
    trimmed: int = 0
    prefix_tokens: int = 0
    spoke: bool = False
    _reader: AnswerReader | None = None
    _asked: float = 0.0
    _first: float | None = None
    _last: float = 0.0
    _anew: bool = False

    async def perform(self) -> Done:
        ask = Ask(self.job, self.job.messages, self.job.sampling.max_tokens)
        if self.job.messages and not self.where.model.vision and any(message.images for message in self.job.messages):
            raise Fault("no_vision", f"{self.where.model.alias} cannot see images; choose a model that can")
        if not request.can_continue(ask, self.where.flavour):
            raise _cannot_continue(ask, self.where)
        self.prefix_tokens = await self._count(self.job.prefix) if self.job.prefix else 0
        if ask.max_tokens is not None:
            ask = replace(ask, max_tokens=ask.max_tokens - self.prefix_tokens)
            if (ask.max_tokens or 0) <= 0:
                return Done(self.job.run, "length", self.usage())
        return await self._ask_until_answered(ask)

    async def _ask_until_answered(self, ask: Ask) -> Done:
        busy = trims = 0
        while True:
            try:
                return await self._stream(ask)
            except ContextFull as full:
                if self.spoke or trims == TRIMS:
                    raise
                trims += 1
                ask = self._smaller(ask, full)
            except Fault as fault:
                if self.spoke:
                    raise
                if fault.code == "upstream_busy" and busy < BUSY_TRIES - 1:
                    busy += 1
                    await asyncio.sleep(fault.wait if fault.wait is not None else 2.0**busy)
                elif fault.code == "upstream_refused" and ask.thinking and not ask.answer and not ask.rethink:
                    # Older servers cannot go on within the thinking.
                    ask = ask.again()
                elif fault.code == "upstream_refused" and _formed(self.job):
                    raise Fault("grammar_invalid", f"{fault.detail}; its JSON schema or grammar may be wrong") from None
                else:
                    raise

    async def _stream(self, ask: Ask) -> Done:
        where, timeouts = self.where, self.where.timeouts
        content = await asyncio.to_thread(request.body, ask, where.model.thinking, where.name, where.flavour)
        plain = request.hears_no_thinking(ask, where.model.thinking, where.flavour)
        reader = self._reader = AnswerReader(self.job.run, where.http.host, ask.answer, no_thinking=plain)
        events, ended = EventReader(), False
        self._asked, self._first = time.monotonic(), None
        self._anew = request.begins_anew(ask, where.flavour)
        waited = timeouts.first
        try:
            async with asyncio.timeout(timeouts.first) as limit:
                async with where.http.stream("/v1/chat/completions", content, model=where.name) as pieces:
                    async for piece in pieces:
                        ended, moved = self._read(reader, events.feed(piece))
                        if ended:
                            break
                        if moved:
                            waited = timeouts.idle if reader.finish is None else min(timeouts.idle, AFTER_FINISH)
                            limit.reschedule(asyncio.get_running_loop().time() + waited)
        except TooLong:
            raise faults.too_much(where.http.host, "an event without an end") from None
        except TimeoutError:
            if reader.finish is None:
                raise faults.silent(where.http.host, waited) from None
        except Fault:
            # The answer was whole already; what failed afterwards takes nothing from it.
            if reader.finish is None:
                raise
        if reader.finish is None and not ended:
            raise faults.cut(where.http.host)
        return self._done(reader)

    def _read(self, reader: AnswerReader, data: list[bytes]) -> tuple[bool, bool]:
        """(the stream is at its end, something came that brings the answer on)."""
        before = (reader.pieces, reader.finish, reader.told)
        batch: list[Event] = []
        ended = False
        try:
            for item in data:
                ended = item.strip() == b"[DONE]"
                if ended:
                    break
                batch += reader.read(item)
        finally:
            moved = (reader.pieces, reader.finish, reader.told) != before
            if moved:
                self._last = time.monotonic()
            if reader.pieces and self._first is None:
                self._first = self._last
            self._send(batch)
        return ended, moved or bool(batch)

    def _send(self, batch: list[Event]) -> None:
        merged: list[Event] = []
        for event in batch:
            last = merged[-1] if merged else None
            if isinstance(event, Text):
                if not self.spoke:
                    self.spoke = True
                    event = self._joined(event)
                if isinstance(last, Text) and last.thinking == event.thinking:
                    merged[-1] = replace(last, text=last.text + event.text)
                    continue
            merged.append(event)
        if merged:
            self.emit(merged)

    def _joined(self, first: Text) -> Text:
        """Thinking that begins anew after thinking that was cut stands on a line of its own."""
        return replace(first, text="\n\n" + first.text.lstrip()) if first.thinking and self._anew else first

    def _done(self, reader: AnswerReader) -> Done:
        self._send(reader.end())
        reason, calls = reader.outcome()
        return Done(self.job.run, reason, self.usage(), self.trimmed, calls)

    def usage(self) -> Usage:
        """As the upstream tells it, else by counted deltas, of which most are a token. Times are measured here."""
        reader = self._reader
        told = reader.told if reader is not None else None
        prompt = max(0, told.prompt - self.prefix_tokens) if told else 0
        written = told.completion if told else reader.pieces if reader else 0
        first = self._first
        return Usage(
            prompt_tokens=prompt,
            completion_tokens=written + self.prefix_tokens,
            cached_tokens=min(told.cached, prompt) if told else 0,
            prompt_seconds=first - self._asked if first is not None else 0.0,
            completion_seconds=max(0.0, self._last - first) if first is not None else 0.0,
        )

    @property
    def counted(self) -> bool:
        """Whether the upstream told its usage."""
        return self._reader is not None and self._reader.told is not None

    def _smaller(self, ask: Ask, full: ContextFull) -> Ask:
        """Less to answer or less to read. Raises ``full`` where nothing is left to leave out."""
        room = full.context - full.tokens
        if ask.max_tokens is not None and full.tokens and LEAST_ANSWER <= room < ask.max_tokens:
            # Some servers count the longest possible answer as if it were written.
            return replace(ask, max_tokens=room)
        share = full.context / full.tokens * 0.8 if 0 < full.context < full.tokens else 0.5
        kept = request.leave_out(ask.messages, share)
        if kept is None and ask.answer:
            raise Fault("context_full", "the answer so far fills the context")
        if kept is None:
            raise full
        self.trimmed = len(self.job.messages) - len(kept)
        return replace(ask, messages=kept)

    async def _count(self, text: str) -> int:
        """Tokens of ``text``, by the upstream where it counts, else by a rule of thumb."""
        http, seconds = self.where.http, self.where.timeouts.probe
        try:
            if self.where.flavour == "llama_server":
                found = (await http.ask("POST", "/tokenize", seconds=seconds, body={"content": text})).json()
            elif self.where.flavour == "vllm":
                asked = {"model": self.where.name, "prompt": text, "add_special_tokens": False}
                found = (await http.ask("POST", "/tokenize", seconds=seconds, body=asked)).json()
            else:
                found = {}
        except Fault as fault:
            if fault.code == "upstream_away":
                raise
            found = {}
        tokens = found.get("tokens")
        return len(tokens) if isinstance(tokens, list) else math.ceil(len(text.encode()) / BYTES_PER_TOKEN)


def _formed(job: Job) -> bool:
    return bool(job.sampling.json_schema or job.sampling.grammar)


def _cannot_continue(ask: Ask, where: Where) -> Fault:
    if _formed(ask.job):
        why = "an answer of a given form cannot be continued by an upstream; ask again"
    else:
        why = f"the upstream {where.http.host} cannot go on with an answer; set its flavour if it can"
    return Fault("cannot_continue", why, retry=True)
