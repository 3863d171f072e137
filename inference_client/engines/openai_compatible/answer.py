"""From the chunks of a streamed chat completion to text, thinking, tool calls and usage."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from pydantic import ValidationError

from inference_client.engines.base import DoneReason, Event, Progress, Text
from inference_client.engines.llama_cpp.thinking import Piece
from inference_client.engines.openai_compatible import faults
from inference_client.engines.openai_compatible.echo import Echo, Surrogates
from inference_client.engines.openai_compatible.faults import Fault
from inference_client.engines.openai_compatible.inline_thinking import InlineThinking
from inference_client.protocol.vocabulary import ToolCall

MAX_TEXT: Final = 8_000_000
"""Code points of one answer: no honest one is as long, and each is kept until the site has it."""

MAX_CALLS: Final = 64
MAX_ARGUMENTS: Final = 100_000

_ABORTED: Final = frozenset({"abort", "error"})


@dataclass(slots=True)
class _Call:
    id: str
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Tokens as the upstream counts them."""

    prompt: int
    completion: int
    cached: int = 0


class AnswerReader:
    """One answer's chunks, in order. ``answer_so_far``: the upstream continues this. ``no_thinking``: what comes in fields
    for thinking is answer.

    ``finish``: why the upstream ended, once it said so. ``pieces``: deltas that brought something.
    """

    def __init__(self, run: int, host: str, answer_so_far: str = "", *, no_thinking: bool = False) -> None:
        self.finish: str | None = None
        self.told: Told | None = None
        self.pieces = 0
        self._run = run
        self._host = host
        self._no_thinking = no_thinking
        self._echo = Echo(answer_so_far)
        self._content, self._reasoning = Surrogates(), Surrogates()
        self._inline = InlineThinking(plain=bool(answer_so_far))
        self._answered = bool(answer_so_far)
        self._thought = False
        self._blank = ""
        self._length = 0
        self._calls: dict[int, _Call] = {}

    def read(self, data: bytes) -> list[Event]:
        """One chunk. Raises Fault."""
        try:
            # A server that cuts a character in half loses that character, not the answer.
            chunk = json.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise faults.garbled(self._host, "an event that is no JSON") from None
        if not isinstance(chunk, dict):
            raise self._odd()
        if chunk.get("error") is not None:
            raise faults.in_stream(self._host, chunk)
        self._usage(chunk.get("usage"))
        events = self._progress(chunk.get("prompt_progress"))
        choices = chunk.get("choices")
        if choices is None or choices == []:
            return events
        if not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise self._odd()
        return events + self._choice(choices[0])

    def end(self) -> list[Event]:
        """What was kept back, once nothing follows."""
        return self._texts(self._inline.feed(self._echo.end()) + self._inline.end())

    def outcome(self) -> tuple[DoneReason, tuple[ToolCall, ...]]:
        """Raises Fault for an answer the upstream gave up, and for tool calls that are none."""
        if self.finish in _ABORTED:
            raise Fault("upstream_failed", f"the upstream {self._host} gave the answer up; see its log", retry=True)
        if self.finish == "length":
            # A call may have been cut in the middle, and is no call then.
            return "length", ()
        if not self._calls:
            return "stop", ()
        return "tool_calls", tuple(self._tool_call(call) for _, call in sorted(self._calls.items()))

    def _choice(self, choice: Mapping[str, Any]) -> list[Event]:
        if choice.get("index") not in (0, None):
            return []
        finish = choice.get("finish_reason")
        if isinstance(finish, str) and finish:
            self.finish = finish
        delta = choice.get("delta")
        if delta is None:
            return []
        if not isinstance(delta, dict):
            raise self._odd()
        reasoning = self._reasoning.feed(self._string(delta, "reasoning_content") or self._string(delta, "reasoning"))
        content = self._content.feed(self._string(delta, "content"))
        calls = delta.get("tool_calls")
        self.pieces += bool(reasoning or content or calls)
        if self._no_thinking:
            reasoning, content = "", reasoning + content
        parts: list[Piece] = [(reasoning, True)] if reasoning else []
        if content:
            parts += self._inline.feed(self._echo.feed(content))
        self._tool_deltas(calls)
        return self._texts(parts)

    def _texts(self, parts: list[Piece]) -> list[Event]:
        events: list[Event] = []
        for text, thinking in parts:
            if thinking and self._answered:
                # All thinking stands before the answer; a reader has nowhere to put this.
                continue
            if thinking:
                self._thought, self._blank = True, ""
            elif not self._answered:
                text = self._blank + text
                text = text.lstrip() if self._thought else text
                if not text.strip():
                    # Until something is written, thinking may still come.
                    self._blank = text
                    continue
                self._answered = True
            if text:
                events.append(Text(self._run, text, thinking))
                self._length += len(text)
        if self._length > MAX_TEXT:
            raise faults.too_much(self._host, f"an answer of more than {MAX_TEXT} characters")
        return events

    def _tool_deltas(self, deltas: object) -> None:
        if deltas is None:
            return
        if not isinstance(deltas, list):
            raise self._odd()
        for delta in deltas:
            function = delta.get("function") if isinstance(delta, dict) else None
            if not isinstance(function, dict | None) or not isinstance(delta, dict):
                raise self._odd()
            call = self._call(delta)
            if function:
                call.name = call.name or self._string(function, "name")
                call.arguments += self._arguments(function)
            if len(self._calls) > MAX_CALLS or len(call.arguments) > MAX_ARGUMENTS:
                raise faults.too_much(self._host, "tool calls without an end")

    def _call(self, delta: Mapping[str, Any]) -> _Call:
        given, index = self._string(delta, "id"), delta.get("index")
        place = index if isinstance(index, int) else max(self._calls, default=0)
        call = self._calls.get(place)
        if call is not None and given and call.id != given:
            # Some servers number every call 0 and tell them apart by their ids alone.
            place = max(self._calls) + 1
            call = next((known for known in self._calls.values() if known.id == given), None)
        if call is None:
            call = self._calls[place] = _Call(given or f"call_{uuid4().hex[:24]}")
        return call

    def _arguments(self, function: Mapping[str, Any]) -> str:
        found = function.get("arguments")
        # Ollama's own format has an object here; some versions let it through.
        return json.dumps(found, ensure_ascii=False) if isinstance(found, dict) else self._string(function, "arguments")

    def _tool_call(self, call: _Call) -> ToolCall:
        arguments = call.arguments.strip() or "{}"
        try:
            if isinstance(json.loads(arguments), dict):
                return ToolCall(id=call.id, name=call.name, arguments=arguments)
        except (ValueError, RecursionError, ValidationError):
            pass
        raise Fault("tool_call_garbled", "the model wrote a tool call that cannot be read; ask again", retry=True)

    def _usage(self, usage: object) -> None:
        if isinstance(usage, dict):
            prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
            details = usage.get("prompt_tokens_details")
            cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
            if prompt is not None and completion is not None:
                self.told = Told(prompt, completion, min(cached or 0, prompt))

    def _progress(self, progress: object) -> list[Event]:
        if not isinstance(progress, dict):
            return []
        done, total = _count(progress.get("processed")), _count(progress.get("total"))
        return [] if done is None or total is None else [Progress(self._run, min(done, total), total)]

    def _string(self, holder: Mapping[str, Any], key: str) -> str:
        found = holder.get(key)
        if found is None:
            return ""
        if not isinstance(found, str):
            raise self._odd()
        return found

    def _odd(self) -> Fault:
        return faults.garbled(self._host, "an event of an unknown shape")


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None
