"""What a node holds of one job until the site has all of it: text, results, and how it ended."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inference_client.engines.base import Done, Error, Picture, Progress, Text, Vectors
from inference_client.protocol import messages as wire
from inference_client.protocol.frames import MAX_MESSAGE
from inference_client.session.results import Result, painted, vectors_of

Outcome = Done | Error

MAX_CALLS: Final = 64
"""As many tool calls as one end can name."""

_CODE: Final = re.compile(r"[a-z_]{1,40}")


@dataclass(slots=True)
class HeldGeneration:
    """``sent`` and ``acked`` are offsets into ``text``, which includes the prefix and whose first ``thinking`` code points
    are thinking. ``results`` are of other kinds than text, ``results_sent`` of them sent. ``outcome`` is set at the end.

    ``texts``: how many vectors are due, for a job of that kind.
    """

    generation: UUID
    epoch: int
    run: int
    text: str = ""
    thinking: int = 0
    sent: int = 0
    acked: int = 0
    texts: int = 0
    progress: Progress | None = None
    results: Result | None = None
    results_sent: int = 0
    outcome: Outcome | None = None
    outcome_sent: bool = False
    stopping: bool = False
    trace: str = ""

    def add_text(self, event: Text) -> None:
        """Thinking that comes after the answer has begun counts as answer: the wire knows one boundary."""
        if event.thinking and self.thinking == len(self.text):
            self.thinking += len(event.text)
        self.text += event.text
        self.progress = None

    def add_result(self, event: Vectors | Picture) -> None:
        """Raises ValueError if the engine's result is not what was asked, or fits no message."""
        self.results = vectors_of(event, self.texts) if isinstance(event, Vectors) else painted(event)
        self.results_sent = 0
        self.progress = None

    def end(self, outcome: Outcome) -> None:
        """A second end is passed over: the first was it."""
        if self.outcome is None:
            self.outcome = outcome
            self.progress = None

    def move(self, epoch: int, offset: int) -> None:
        """Under a new epoch everything from ``offset`` on is sent again."""
        self.epoch = epoch
        self.sent = offset
        self.results_sent = 0
        self.outcome_sent = False

    def begins_with(self, prefix: str, thinking: int) -> bool:
        """Whether the site's text, with its thinking, is the beginning of this one."""
        return self.text.startswith(prefix) and thinking == min(self.thinking, len(prefix))

    @property
    def worth_keeping(self) -> bool:
        """A generation asked for again is run again only if it failed or was stopped."""
        if self.outcome is None:
            return not self.stopping
        return isinstance(self.outcome, Done) and self.outcome.reason != "cancelled"

    @property
    def results_left(self) -> bool:
        """After an error the results are worth nothing to the site."""
        return (
            self.results is not None and self.results_sent < len(self.results) and not isinstance(self.outcome, Error)
        )

    @property
    def end_due(self) -> bool:
        return self.outcome is not None and not self.outcome_sent and not self.results_left

    @property
    def unsent(self) -> bool:
        return self.sent < len(self.text) or self.results_left or (self.outcome is not None and not self.outcome_sent)

    def take_delta(self, room: int) -> wire.Delta | None:
        """Text that was not sent, ``room`` code points at most; never thinking and answer in one."""
        thinking = self.sent < self.thinking
        end = min(self.sent + room, self.thinking if thinking else len(self.text))
        if end <= self.sent:
            return None
        delta = wire.Delta(g=self.generation, e=self.epoch, o=self.sent, x=self.text[self.sent : end], t=thinking)
        self.sent = end
        return delta

    def take_progress(self) -> wire.Progress | None:
        progress, self.progress = self.progress, None
        if progress is None:
            return None
        return wire.Progress(generation=self.generation, epoch=self.epoch, done=progress.done, total=progress.total)

    def take_result(self) -> wire.FromNode | None:
        """The next message of a result, large enough that one at a time is all the link should take."""
        if self.results is None or not self.results_left:
            return None
        message = self.results.message(self.results_sent, self.generation, self.epoch)
        self.results_sent += 1
        return message

    def take_end(self) -> wire.Finished | wire.Failed | None:
        if self.outcome is None or not self.end_due:
            return None
        self.outcome_sent = True
        return self._failed(self.outcome) if isinstance(self.outcome, Error) else self._finished(self.outcome)

    def _finished(self, outcome: Done) -> wire.Finished | wire.Failed:
        calls = outcome.tool_calls
        if len(calls) > MAX_CALLS:
            return self._failed(Error(self.run, "too_many_calls", f"{len(calls)} tool calls, at most {MAX_CALLS}"))
        finished = wire.Finished(
            generation=self.generation,
            epoch=self.epoch,
            reason=outcome.reason,
            length=len(self.text),
            thinking=self.thinking,
            tool_calls=calls,
            usage=outcome.usage,
            trimmed_messages=outcome.trimmed,
        )
        if calls and len(wire.encode(finished)) > MAX_MESSAGE:
            # Sealing it would end the connection, and the next one, for ever.
            return self._failed(Error(self.run, "too_large", "the tool calls' arguments are longer than one message"))
        return finished

    def _failed(self, outcome: Error) -> wire.Failed:
        return wire.Failed(
            generation=self.generation,
            epoch=self.epoch,
            code=outcome.code if _CODE.fullmatch(outcome.code) else "engine_error",
            detail=outcome.detail[:500],
            retry=outcome.retry,
        )
