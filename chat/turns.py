"""The turns of a conversation for a reader outside the site's pages, who shows Markdown and not HTML."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from chat import messages
from chat.models import Conversation, Generation, Message
from meatlizard.jobs.lease import ENDED, HELD, State

LATELY = 500


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the branch that is shown. ``generation`` is the latest that wrote an answer, ``over`` whether it has ended;
    ``asks`` is the request that asked for it, and ``model`` who wrote, if that may be told.
    """

    message: UUID
    parent: UUID | None
    role: str
    source: str
    content: str = field(repr=False)
    created: datetime.datetime
    attached: int
    model: str = ""
    speaker: str = ""
    generation: UUID | None = None
    asks: UUID | None = None
    over: bool = True


def shown(conversation: UUID) -> list[Turn]:
    """The branch that is shown, from the first turn on; empty when it was deleted. For parts of the site that know whose it is."""
    row = Conversation.objects.filter(pk=conversation, removed=None).first()
    return _turns(messages.branch(row)) if row else []


def turn(message: UUID) -> Turn | None:
    """One alone; None when it was deleted."""
    rows = Message.objects.select_related("conversation").filter(pk=message, removed=None).defer("thinking", "html")
    row = rows.first()
    if row is None:
        return None
    return _turns(messages.without_hidden(row.conversation, [row]))[0]


def within(conversation: UUID | None, message: UUID) -> bool:
    """Whether ``message`` is one of this conversation's, and was not deleted."""
    return Message.objects.filter(pk=message, conversation=conversation, removed=None).exists()


def asked_lately(since: datetime.datetime) -> list[tuple[UUID, int, datetime.datetime]]:
    """(conversation, owner, when) of what was asked on the web: what is being answered, and what was answered since."""
    rows = Generation.objects.filter(
        Q(state__in=[State.QUEUED, *HELD]) | Q(state=State.DONE, ended_at__gte=since),
        purpose=Generation.Purpose.ANSWER, conversation__place="web", conversation__removed=None, created__gte=since,
    )  # fmt: skip
    return list(rows.order_by("created").values_list("conversation", "conversation__owner", "created")[:LATELY])


def question_of(answer: UUID) -> UUID | None:
    """What it answers."""
    return Message.objects.filter(pk=answer).values_list("parent", flat=True).first()


def _turns(rows: Iterable[Message]) -> list[Turn]:
    rows = list(rows)
    answers = [row.pk for row in rows if row.role == Message.Role.ASSISTANT]
    latest: dict[UUID | None, Generation] = {}
    for at in range(0, len(answers), messages.MOST_KEYS):
        found = Generation.objects.filter(
            message__in=answers[at : at + messages.MOST_KEYS], purpose=Generation.Purpose.ANSWER
        )
        latest |= {one.message_id: one for one in found.order_by("created").only("message", "state", "request")}
    return [_turn(row, latest.get(row.pk)) for row in rows]


def _turn(row: Message, by: Generation | None) -> Turn:
    return Turn(
        message=row.pk, parent=row.parent_id, role=row.role, source=row.source, content=row.content,
        created=row.created, attached=row.attached, model=row.model, speaker=row.speaker,
        generation=by.pk if by else None, asks=by.request if by else None, over=by is None or by.state in ENDED,
    )  # fmt: skip
