"""The open comparison of a conversation, as pages paint it."""

import string
from dataclasses import dataclass
from uuid import UUID

from chat.comparing.events import CandidateOut, ComparisonShown
from chat.events import MessageOut
from chat.messages import message_out
from chat.models import Candidate, Comparison, Conversation, Generation
from chat.rating import reading as ratings


@dataclass(frozen=True, slots=True)
class Open:
    """``answers``: (label, message) from left to right."""

    event: ComparisonShown
    answers: tuple[tuple[str, MessageOut], ...]


def shown(talk: Conversation) -> Open | None:
    """None unless the branch that is shown ends in a comparison of which nothing was kept. No query where there is none."""
    if talk.comparison_id is None:
        return None
    comparison = Comparison.objects.filter(pk=talk.comparison_id).first()
    rows = list(
        Candidate.objects.filter(comparison=talk.comparison_id, message__removed=None)
        .select_related("message")
        .defer("message__thinking")
    )
    if comparison is None or len(rows) < 2 or talk.head_id not in {row.message_id for row in rows}:
        return None
    latest: dict[UUID | None, Generation] = {}
    for generation in Generation.objects.filter(message__in=[row.message_id for row in rows]).order_by("created"):
        latest[generation.message_id] = generation
    rated = ratings.values(talk.pk)
    answers = []
    for row in rows:
        out = message_out(row.message, latest.get(row.message_id))
        answers.append((label(comparison, row), out.model_copy(update={"rating": rated.get(out.id, "")})))
    return Open(event(comparison, rows), tuple(answers))


def event(comparison: Comparison, rows: list[Candidate]) -> ComparisonShown:
    return ComparisonShown(
        conversation=comparison.conversation_id,
        comparison=comparison.pk,
        blind=comparison.blind,
        answers=tuple(CandidateOut(message=row.message_id, label=label(comparison, row)) for row in rows),
    )


def label(comparison: Comparison, row: Candidate) -> str:
    return string.ascii_uppercase[row.number] if comparison.blind else row.model
