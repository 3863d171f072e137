"""Claims: which waiting generations a node gets, in fair order and within everybody's limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count

from chat import messages as turns
from chat.generations import Stored, stored
from chat.models import Generation, kept
from chat.titles import request_title
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.accounts.models import User


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a node needs to answer: no more than prompt and limits, and nothing about who asks. The first
    ``prefix_thinking`` code points of ``prefix`` are thinking.
    """

    generation: UUID
    epoch: int
    conversation: UUID
    message: UUID | None
    model: str
    messages: tuple[ChatMessage, ...]
    prefix: str
    sampling: Sampling
    trace: str
    prefix_thinking: int = 0


def claim(session: str, node_id: UUID, free: Mapping[str, int], limit: int = 1) -> list[Claimed]:
    """Leases the next waiting generations that a node with ``free`` slots by model can answer, ``limit`` at most.

    Of one user one at a time: whether his next goes before others' depends on this one running.
    """

    def choose(rows: list[Generation]) -> list[Generation]:
        return _within_limits(_fitting(rows, free))

    rows = Generation.objects.claim_for(tuple(free), session, settings.LEASE_SECONDS, limit, choose, node=node_id)
    if not rows:
        return []
    models = _placed(rows, free)
    begun = {row.pk: stored(row.pk) if row.attempts > 1 else Stored("", 0) for row in rows}
    prefixes = {pk: text.text for pk, text in begun.items()}
    contexts = turns.contexts([row for row in rows if row.message_id is not None], prefixes)
    return [
        Claimed(
            generation=row.pk,
            epoch=row.lease_epoch,
            conversation=row.conversation_id,
            message=row.message_id,
            model=models[row.pk],
            messages=contexts[row.pk] if row.message_id is not None else request_title(row.conversation_id),
            prefix=prefixes[row.pk],
            sampling=Sampling.model_validate(row.sampling),
            trace=row.trace,
            prefix_thinking=begun[row.pk].thinking,
        )
        for row in rows
        if row.message_id is None or row.pk in contexts
    ]


def claim_and_look(session: str, node_id: UUID, free: Mapping[str, int], limit: int) -> tuple[list[Claimed], bool]:
    """As :func:`claim`, and whether anything is waiting still."""
    return claim(session, node_id, free, limit), any_waiting()


def _placed(rows: Iterable[Generation], free: Mapping[str, int]) -> dict[UUID, str]:
    """Which model's slot each row takes, in their order; rows without a slot are left out."""
    left = dict(free)
    models: dict[UUID, str] = {}
    for row in rows:
        alias = row.model or next((alias for alias, slots in left.items() if slots > 0), "")
        if left.get(alias, 0) > 0:
            left[alias] -= 1
            models[row.pk] = alias
    return models


def _fitting(rows: list[Generation], free: Mapping[str, int]) -> list[Generation]:
    users: set[int] = set()
    placed = _placed(rows, free)
    fitting = []
    for row in rows:
        if row.pk in placed and row.user_id not in users:
            users.add(row.user_id)
            fitting.append(row)
    return fitting


def _within_limits(rows: list[Generation]) -> list[Generation]:
    """Within the claiming transaction: those whose users stay within their limit of running ones. Two claims at the same
    moment each saw the count without the other; SQLite knows no such moment.
    """
    if not rows or not connection.features.has_select_for_update_skip_locked:
        return rows
    users = [row.user_id for row in rows]
    # Not waited for: a site process that froze in mid-claim must not hold up the others. Keys stay free for new rows.
    locked = (
        User.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=users).values_list("pk", flat=True)
    )
    mine = set(locked)
    answers = Generation.objects.held().filter(user__in=mine, purpose=Generation.Purpose.ANSWER)
    running = dict(answers.order_by().values_list("user").annotate(n=Count("pk")))
    return [
        row
        for row in rows
        if row.purpose != Generation.Purpose.ANSWER
        or (row.user_id in mine and running.get(row.user_id, 0) < row.concurrency)
    ]


def any_waiting() -> bool:
    """Whether anything is in the queue, claimable or not. Cheap: an index holds the waiting ones alone."""
    return kept.anything_waiting.first() is not None
