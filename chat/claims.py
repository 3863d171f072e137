"""Claims: which waiting generations a node gets, in fair order and within everybody's limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count

from chat import measuring
from chat import messages as turns
from chat.attachments import sight
from chat.context import summaries
from chat.context.reading import Machine
from chat.generations import Stored, stored
from chat.inference.placement import Place, Seat, Want, place
from chat.models import Generation, kept
from chat.models.generations import APPROVAL, RUNNING_PENALTY_MS, SITE, Reach
from chat.prompting import compositions
from chat.routes.layers import bounded
from chat.titles import request_title
from chat.tools import registry, spoken
from chat.tools.spoken import Spoken
from inference_client.protocol.vocabulary import ChatMessage, Sampling, Tool
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import CHOICE

_NOTHING = Stored("", 0)

WHOLE_LINE = 500
"""Waiting rows that are looked at when none of the first can be placed."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a node needs to answer: no more than prompt and limits, and nothing about who asks. The first
    ``prefix_thinking`` code points of ``prefix`` are thinking. ``step``: what is there of a step after calls of ``tools``; ``spent``
    are the tokens of the steps before it.
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
    pictures: tuple[sight.Picture, ...] = ()
    tools: tuple[Tool, ...] = ()
    step: Spoken | None = None
    step_from: int = 0
    spent: int = 0


def claim(session: str, node_id: UUID, free: Mapping[str, int], limit: int = 1) -> list[Claimed]:
    """Leases the next waiting generations that a node with ``free`` slots by model can answer, ``limit`` at most.

    Of one user one at a time: whether his next goes before others' depends on this one running.
    """

    return [one for _, one in claim_for([Seat.plain(session, node_id, free)], limit)]


def claim_for(
    seats: Sequence[Seat], limit: int, later: Callable[[Want], bool] = lambda want: False, *, memory: bool = False
) -> list[tuple[str, Claimed]]:
    """Leases waiting generations to the best of several nodes at once, ``limit`` at most; each with the session it is for.

    ``later`` says of which nobody here is to take now. ``memory``: whether it matters who answered a conversation last.
    """
    reach = _reach(seats, memory)
    if not reach:
        return []
    places: dict[UUID, Place] = {}
    seen = 0

    def share(rows: list[Generation]) -> list[tuple[dict[str, Any], list[Generation]]]:
        nonlocal seen
        seen = len(rows)
        left = _in_fair_order(rows) if reach.first else rows
        fitting: list[Generation] = []
        while left and not fitting:
            # Lazily: most of the rows are there only in case that others do not fit.
            found = place((want for want in map(_want, left) if not later(want)), seats, limit)
            fitting = _within_limits([row for row in left if row.pk in found])
            places.update(found)
            left = [row for row in left if row.pk not in found] if found else []
        shares: dict[Place, tuple[dict[str, Any], list[Generation]]] = {}
        for row in fitting:
            to = places[row.pk]
            values = {"lease_owner": to.session, "node": to.node, "answered_by": to.model}
            shares.setdefault(to, (values, []))[1].append(row)
        return list(shares.values())

    waiting = Generation.objects.within(reach)
    rows = waiting.claim_shared(settings.LEASE_SECONDS, limit * CHOICE, share)
    if not rows and seen == limit * CHOICE:
        # The first in line all wait for somebody else here who is busy: they do not hold up who stands behind them.
        rows = waiting.claim_shared(settings.LEASE_SECONDS, WHOLE_LINE, share)
    return [(places[one.generation].session, one) for one in _claimed(rows, places)]


def _claimed(rows: Sequence[Generation], places: Mapping[UUID, Place]) -> list[Claimed]:
    if not rows:
        return []
    measuring.claimed(rows)
    begun = {row.pk: stored(row.pk) if row.attempts > 1 or row.continues or row.step else _NOTHING for row in rows}
    later = {row.pk: spoken.of(row, begun[row.pk], places[row.pk].window) for row in rows if row.step}
    prefixes = {pk: later[pk].text if pk in later else text.text for pk, text in begun.items()}
    machines = {row.pk: bounded(row, _machine(places[row.pk], later.get(row.pk))) for row in rows}
    looks = sight.looks(rows, {pk: place.vision for pk, place in places.items()})
    read = _read(rows, prefixes, machines, looks)
    return [
        Claimed(
            generation=row.pk,
            epoch=row.lease_epoch,
            conversation=row.conversation_id,
            message=row.message_id,
            model=places[row.pk].model,
            messages=(*read[row.pk], *(later[row.pk].messages if row.step else ())),
            prefix=begun[row.pk].text,
            sampling=Sampling.model_validate(row.sampling),
            trace=row.trace,
            prefix_thinking=begun[row.pk].thinking,
            pictures=tuple(looks[row.pk].pictures) if row.pk in looks else (),
            tools=_tools(row) if row.tools and places[row.pk].tools else (),
            step=later.get(row.pk),
            step_from=row.step_from,
            spent=row.spent,
        )
        for row in rows
        if row.pk in read
    ]


def _machine(place: Place, step: Spoken | None) -> Machine:
    """With what an answer's calls leave of its window."""
    if step is None or place.window is None:
        return Machine(place.model, place.window)
    return Machine(place.model, max(place.window // 4, place.window - step.tokens))


def _tools(row: Generation) -> tuple[Tool, ...]:
    """Those of them that are still there."""
    return tuple(tool.wire for name in row.tools or () if (tool := registry.get(name)) is not None)


def _read(
    rows: Sequence[Generation],
    prefixes: Mapping[UUID, str],
    machines: Mapping[UUID, Machine],
    looks: Mapping[UUID, sight.Look],
) -> dict[UUID, tuple[ChatMessage, ...]]:
    """What models get to read, by generation; without those that nobody wants any more."""
    answers = turns.contexts([row for row in rows if row.message_id is not None], prefixes, machines, looks)
    compositions.note([(row, answers[row.pk].system) for row in rows if row.pk in answers])
    read = {pk: one.messages for pk, one in answers.items()}
    for row in rows:
        if row.purpose == Generation.Purpose.TITLE:
            read[row.pk] = request_title(row.conversation_id)
        elif row.purpose == Generation.Purpose.SUMMARY and (asked := summaries.request(row, machines[row.pk])):
            read[row.pk] = asked
    return read


def claim_and_look(
    seats: Sequence[Seat], limit: int, later: Callable[[Want], bool], memory: bool
) -> tuple[list[tuple[str, Claimed]], bool]:
    """As :func:`claim_for`, and whether anything is waiting still."""
    return claim_for(seats, limit, later, memory=memory), any_waiting()


def _reach(seats: Sequence[Seat], memory: bool) -> Reach:
    """What the seats' free slots can answer together."""
    everybody: set[str] = set()
    own: dict[int, set[str]] = {}
    for seat in seats:
        aliases = {offer.alias for offer in seat.offers if offer.free > 0 and offer.kind == "chat"}
        if seat.room <= 0:
            continue
        if not seat.own_only:
            everybody |= aliases
        elif seat.owner is not None:
            own.setdefault(seat.owner, set()).update(aliases)
    first = {seat.owner for seat in seats if seat.owner_first and seat.owner is not None}
    return Reach(
        tuple(sorted(everybody)),
        tuple((owner, tuple(sorted(aliases))) for owner, aliases in sorted(own.items()) if aliases),
        tuple(sorted(first)),
        memory,
    )


def _in_fair_order(rows: list[Generation]) -> list[Generation]:
    """As ``in_line`` orders them: a claim's rows may have owners of machines in front."""
    return sorted(
        rows, key=lambda row: (row.rank + getattr(row, "running", 0) * RUNNING_PENALTY_MS, row.created, row.pk.hex)
    )


def _want(row: Generation) -> Want:
    node, model = getattr(row, "last_node", None), getattr(row, "last_model", None)
    if row.step and row.node_id:
        # Its own step before this one counts for more.
        node, model = row.node_id, row.answered_by
    return Want(
        generation=row.pk,
        user=row.user_id,
        model=row.model,
        vision=row.sight != Generation.Sight.NONE,
        must_see=row.sight == Generation.Sight.ASKED,
        tools=bool(row.tools),
        thinks=row.sampling.get("thinking") not in (None, "off"),
        last=(node, model) if node and model else None,
        failed=row.node_id if row.attempts else None,
    )


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
    """Whether anything waits for a machine, claimable or not. Cheap: an index holds the waiting ones alone."""
    return kept.anything_waiting.first() is not None


def first_rank() -> int | None:
    """Of what waits for a machine, in the order in which it was asked; None when nothing does."""
    rows = Generation.objects.waiting().filter(purpose=Generation.Purpose.ANSWER).exclude(model__in=[SITE, APPROVAL])
    rows = rows.order_by("rank")
    return rows.values_list("rank", flat=True).first()
