"""How full a conversation's window is, and what is kept in mind of it: what the page shows beside the composer."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from chat.attachments import documents
from chat.context import history, reading, summaries
from chat.context.plan import Turn
from chat.context.reading import Machine
from chat.messages import latest_generation, message_out
from chat.models import Checkpoint, Conversation, Generation, Message
from chat.prompting.layers import compose
from chat.prompting.sources import sources
from meatlizard.jobs.lease import State

EXCERPT = 160
"""Characters of a pinned message in the list of these."""


@dataclass(frozen=True, slots=True)
class Pinned:
    id: UUID
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the branch that is shown. ``used``: tokens that models read of it with the next question; ``measured``: counted by an engine, and
    not estimated. ``window``: what ``model`` reads at most, None when no machine said so. ``at``: per cent of the window at which older
    turns are summed up, 0 for never; ``by_themselves``: whether that is wanted in this conversation. ``problem``: why the last summary
    asked for was not made.
    """

    used: int
    measured: bool
    window: int | None
    model: str
    at: int
    by_themselves: bool
    being_written: UUID | None
    problem: str
    pinned: tuple[Pinned, ...]


def figures(talk: Conversation) -> Figures:
    """Reads the whole conversation: for whoever looks at it, not for each answer."""
    said = documents.said([talk.pk])
    tree = documents.told(said, [talk.head_id])
    turns = history.path(tree, talk.head_id if talk.head_id in tree else None)
    last = _last_answer(talk)
    model = talk.model or (last.answered_by if last and not last.blind else "")
    window = summaries.window_of(model)
    used = _measured(talk, last, turns)
    return Figures(
        used=used if used is not None else _estimated(talk, turns, Machine(model, window)),
        measured=used is not None,
        window=window,
        model=model,
        at=settings.SUMMARY_AT,
        by_themselves=talk.summaries,
        being_written=Checkpoint.objects.filter(conversation=talk.pk, text="").values_list("pk", flat=True).first(),
        problem=_problem(talk),
        pinned=tuple(Pinned(turn.key, turn.role, said.tree[turn.key][2][:EXCERPT]) for turn in turns if turn.pinned),
    )


def _last_answer(talk: Conversation) -> Generation | None:
    head = Message.objects.filter(pk=talk.head_id).defer("thinking").first() if talk.head_id else None
    return latest_generation(head) if head is not None else None


def _measured(talk: Conversation, last: Generation | None, turns: list[Turn]) -> int | None:
    """What the engine counted down to the last answer, unless something has changed since."""
    if last is None or last.state != State.DONE or last.ended_at is None or not turns:
        return None
    newer = Checkpoint.objects.filter(message__in=[turn.key for turn in turns if turn.summed_up])
    if any((row.edited or row.created) > last.created for row in newer.only("edited", "created")):
        return None
    message = last.message
    return message_out(message, last).context if message is not None and message.edited is None else None


def _estimated(talk: Conversation, turns: list[Turn], machine: Machine) -> int:
    if not turns:
        return 0
    system = compose(sources([talk.pk]).get(talk.pk, ())).text
    scale = reading.measured_scale(talk.pk, machine)
    room = history.room(machine.window, scale, system, "")
    # The last answer belongs to what is read next time; a question of nothing stands in for that.
    asked = [*turns, Turn(talk.pk, "user", "")]
    return history.context(talk.pk, system, asked, reading.summaries(turns), room).plan.tokens


def _problem(talk: Conversation) -> str:
    rows = Generation.objects.filter(conversation=talk.pk, purpose=Generation.Purpose.SUMMARY)
    last = rows.order_by("-created").values_list("state", "error").first()
    return summaries.problem(last[1]) if last and last[0] == State.FAILED else ""
