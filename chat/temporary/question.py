"""A question of a temporary chat, as it waits and is answered in memory."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.context import history
from chat.context.plan import Plan, Turn
from chat.events import MessageOut
from chat.inference.placement import Want
from chat.messages import message_out, plain_html
from chat.models import Generation, Message
from inference_client.protocol.vocabulary import ChatMessage, Sampling, Usage
from meatlizard.jobs.lease import State


@dataclass(frozen=True, slots=True)
class Question:
    """``said`` are the turns down to the question, ``system`` is what the model reads before them. ``rank`` is the time of asking in
    milliseconds, as with generations that are rows.
    """

    generation: UUID
    conversation: UUID
    question: UUID
    answer: UUID
    user: int
    concurrency: int
    model: str
    said: tuple[Turn, ...] = field(repr=False)
    system: str = field(repr=False)
    sampling: dict[str, Any]
    rank: int
    trace: str
    last: tuple[UUID, str] | None = None
    routed: dict[str, Any] | None = None
    """The route that it took, as with generations that are rows; ``window`` is as much as that route lets be read."""
    window: int | None = None

    def want(self) -> Want:
        thinks = self.sampling.get("thinking") not in (None, "off")
        return Want(self.generation, self.user, self.model, thinks=thinks, last=self.last)

    def reading(self, window: int | None) -> tuple[tuple[ChatMessage, ...], Plan]:
        """What a model with that window gets to read."""
        if self.window is not None:
            window = min(self.window, window or self.window)
        room = history.room(window, 1.0, self.system, "")
        read = history.context(self.conversation, self.system, self.said, {}, room)
        return read.after(self.system), read.plan

    def settings(self) -> Sampling:
        return Sampling.model_validate(self.sampling)


@dataclass(frozen=True, slots=True)
class End:
    """How an answer ended; ``html`` is of the answer alone."""

    reason: str
    model: str = ""
    text: str = ""
    html: str = ""
    thinking: int = 0
    usage: Usage | None = None
    left_out: int = 0
    error: str = ""
    tool_calls: list[dict[str, str]] | None = None


def turns(said: Sequence[tuple[str, str]]) -> tuple[Turn, ...]:
    """Role and content of each, from the first on."""
    return tuple(Turn(UUID(int=at + 1), role, content) for at, (role, content) in enumerate(said))


def asked_out(question: Question) -> MessageOut:
    """The question on the page."""
    text = question.said[-1].content
    row = Message(
        pk=question.question, role=Message.Role.USER, source=Message.Source.PERSON, content=text, html=plain_html(text),
        created=timezone.now(),
    )  # fmt: skip
    return message_out(row)


def answer_out(question: Question, state: str, end: End | None = None) -> MessageOut:
    """The answer on the page. Rows are filled and never stored, so that it looks as any other."""
    end = end or End("")
    answer = end.text[end.thinking :]
    row = Message(
        pk=question.answer, parent_id=question.question, role=Message.Role.ASSISTANT, source=Message.Source.MODEL,
        content=answer, html=end.html, model=end.model, created=timezone.now(),
        tokens=end.usage.completion_tokens if end.usage else None,
    )  # fmt: skip
    generation = Generation(
        pk=question.generation, state=state, reason=end.reason, error=end.error, model=question.model, answered_by=end.model,
        left_out=end.left_out, thinking_length=end.thinking, tool_calls=end.tool_calls, attempts=1, routed=question.routed,
        prompt_tokens=end.usage.prompt_tokens if end.usage else None,
        completion_tokens=end.usage.completion_tokens if end.usage else None,
    )  # fmt: skip
    # Continuing one needs a row to go on with.
    return message_out(row, generation).model_copy(update={"cut": False})


def state_of(reason: str) -> str:
    return {"cancelled": State.CANCELLED, "failed": State.FAILED}.get(reason, State.DONE).value


def rank_now() -> int:
    return int(datetime.datetime.now(datetime.UTC).timestamp() * 1000)


def with_last(question: Question, last: tuple[UUID, str] | None) -> Question:
    return replace(question, last=last)
