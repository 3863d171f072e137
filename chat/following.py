"""How a reader catches up: the stored state of generations, whatever news was lost on the way."""

import datetime
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from chat import availability, generations, queueing, tree
from chat.actions import Asked
from chat.context.events import Budget
from chat.events import FinishedOut, GenerationState, MessageAdded, Queued
from chat.messages import finished_out, message_out
from chat.models import Generation
from chat.tools import shown as using
from chat.tools.events import ToolCallOut
from meatlizard.accounts.models import User
from meatlizard.budgets.actions import standing as standing_of_week
from meatlizard.jobs.lease import State


@dataclass(frozen=True, slots=True)
class Running:
    """A generation that is not over: ``text`` is stored, its first ``thinking`` code points are thinking; ``queued`` is set
    while it waits, ``calls`` of tools are open, ``away`` while its node is not connected.
    """

    generation: UUID
    conversation: UUID
    message: UUID
    state: GenerationState
    text: str
    thinking: int
    queued: Queued | None
    away: bool
    calls: tuple[ToolCallOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """``text``: the answer's Markdown."""

    event: FinishedOut
    text: str = field(repr=False)


def load_user(pk: int) -> User:
    return User.objects.select_related("tier").get(pk=pk)


def budget(user: User) -> Budget:
    """The week's tokens, as they stand now."""
    week = standing_of_week(user)
    if week is None:
        return Budget(counted=False)
    return Budget(
        counted=True, limit=week.limit, granted=week.granted, used=week.used, reserved=week.reserved, resets=week.resets
    )


def running(conversation: UUID) -> list[Running]:
    """All generations of the conversation that are not over."""
    rows = Generation.objects.filter(
        conversation=conversation,
        purpose=Generation.Purpose.ANSWER,
        state__in=[State.QUEUED, State.LEASED, State.STREAMING],
    ).select_related("node")
    return [_running(row) for row in rows]


def exists(generation: UUID) -> bool:
    """Not any more, when its conversation was deleted."""
    return Generation.objects.filter(pk=generation).exists()


def standing(generation: UUID) -> Running | Ended:
    row = Generation.objects.select_related("node", "message").defer("message__thinking").get(pk=generation)
    if not row.ended:
        return _running(row)
    assert row.message is not None
    return Ended(finished_out(row), row.message.content)


def added(asked: Asked, request: UUID) -> list[MessageAdded]:
    """Question and answer that a request made, as they stand now."""
    row = Generation.objects.select_related("message__parent").get(pk=asked.generation)
    assert row.message is not None
    assert row.message.parent is not None
    question, answer = row.message.parent, row.message
    messages = (
        message_out(question, place=tree.place(question)),
        message_out(answer, row, tree.place(answer)),
    )
    return [MessageAdded(conversation=asked.conversation, message=message, request=request) for message in messages]


def _running(row: Generation) -> Running:
    assert row.message_id is not None
    queued = None
    if row.state == State.QUEUED:
        events = queueing.snapshot().queued_events()
        queued = next((event for event in events if event.generation == row.pk), None)
    stored = generations.stored(row.pk)
    return Running(
        generation=row.pk,
        conversation=row.conversation_id,
        message=row.message_id,
        state=row.state,  # type: ignore[arg-type]
        text=stored.text,
        thinking=stored.thinking,
        queued=queued,
        away=queued is None and row.state != State.QUEUED and _away(row),
        calls=using.open_of(row.pk) if row.step else (),
    )


def _away(row: Generation) -> bool:
    node = row.node
    if node is None or not node.session or node.last_seen is None:
        return row.state in (State.LEASED, State.STREAMING)
    return node.last_seen < timezone.now() - datetime.timedelta(seconds=availability.ONLINE_SECONDS)
