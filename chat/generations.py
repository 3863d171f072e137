"""The life of a generation: claimed by a node's session, appended to, finished, failed, stopped, resumed, reaped.

All functions are synchronous and own their transaction; every write of a worker is conditional on the lease epoch it
was given, and returns what is no longer its own. News goes out when the transaction has committed.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Max, When
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import costs, measuring, titles
from chat import messages as turns
from chat.artifacts import looking as artifacts
from chat.bus import control_on_commit, on_commit
from chat.context import summaries
from chat.events import ConversationUnread
from chat.hub import conversation_topic, user_topic
from chat.models import Chunk, Conversation, Generation, kept
from chat.models.generations import APPROVAL, SITE
from chat.moderating import outgoing
from chat.telling import jobs as telling
from chat.tools import citing, steps
from inference_client.protocol.vocabulary import ToolCall, Usage
from meatlizard.budgets import actions as budgets
from meatlizard.jobs.lease import HELD, Reaped, State
from meatlizard.moderation.actions.screening import Finding

LONG_WAIT_SECONDS = 20.0
"""Who waited so long for the first word may have gone elsewhere, and is told when the answer is there."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A generation that a returning node goes on with; ``text`` is what is stored, its first ``thinking`` code points are
    thinking. Of a later step, the text begins at ``step_from``, and what was thought in it is ``thought``.
    """

    generation: UUID
    epoch: int
    conversation: UUID
    message: UUID | None
    model: str
    text: str
    stop: bool
    thinking: int = 0
    step_from: int | None = None
    thought: str = ""
    tools: bool = False
    spent: int = 0

    @property
    def counted(self) -> int:
        """Its length as the node counts it: of a later step that step's alone, with what was thought in it."""
        return len(self.thought) + len(self.text) - (self.step_from or 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text to append, under the fence of ``epoch``. ``offset`` in code points; the first ``thinking`` of the text are the
    model's thinking. ``thought``: what was thought in a later step, to be kept beside it.
    """

    generation: UUID
    epoch: int
    offset: int
    text: str
    thinking: int = 0
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a generation ended on its node. The first ``thinking`` code points of its text are the model's thinking, ``html``
    is the answer's alone. ``found`` in it by moderation's rules. ``spent``: tokens of earlier steps; ``thought`` in the last of them
    and stored nowhere yet.
    """

    reason: str
    usage: Usage | None = None
    trimmed_messages: int = 0
    error_code: str = ""
    error: str = ""
    answered_by: str = ""
    html: str = field(default="", repr=False)
    thinking: int = 0
    tool_calls: tuple[ToolCall, ...] = field(default=(), repr=False)
    found: tuple[Finding, ...] = field(default=(), repr=False)
    spent: int = 0
    thought: str = field(default="", repr=False)


class Stored(NamedTuple):
    """Text of a generation, the first ``thinking`` code points of it the model's thinking."""

    text: str
    thinking: int


def stored(generation: UUID) -> Stored:
    """The text so far, as far as it is stored."""
    rows = list(Chunk.objects.filter(generation=generation).order_by("offset").values_list("text", "thinking"))
    return Stored("".join(text for text, _ in rows), sum(thinking for _, thinking in rows))


def _line(text: str) -> str:
    """A machine's words as the column takes them. PostgreSQL takes no NUL, and an end that is refused comes again for ever."""
    return text.replace("\x00", "\ufffd")[:500]


def _tool_calls(outcome: Outcome) -> list[dict[str, str]] | None:
    # PostgreSQL takes no NUL in JSON either.
    calls = [call.model_dump() for call in outcome.tool_calls]
    return [{name: text.replace("\x00", "\ufffd") for name, text in call.items()} for call in calls] or None


def append(pieces: Sequence[Piece]) -> set[UUID]:
    """Stores text of any number of generations in one transaction; returns those that are no longer the caller's.

    Text that is stored already, because a commit went through unconfirmed, is passed over.
    """
    try:
        return _append(pieces)
    except IntegrityError:
        return _append(_beyond_stored(pieces))


def _beyond_stored(pieces: Sequence[Piece]) -> list[Piece]:
    ends = dict(
        Chunk.objects.filter(generation__in=[piece.generation for piece in pieces])
        .order_by()
        .values_list("generation")
        .annotate(end=Max(F("offset") + Length("text")))
    )
    cut = []
    for piece in pieces:
        known = max(0, ends.get(piece.generation, 0) - piece.offset)
        thinking = max(0, piece.thinking - known)
        text = piece.text[known:]
        cut.append(Piece(piece.generation, piece.epoch, piece.offset + known, text, thinking, piece.thought))
    return cut


def _append(pieces: Sequence[Piece]) -> set[UUID]:
    epochs = {piece.generation: piece.epoch for piece in pieces}
    with transaction.atomic():
        rows = Generation.objects.select_for_update().filter(pk__in=epochs, state__in=HELD)
        held = {pk: state for pk, epoch, state in rows.values_list("pk", "lease_epoch", "state") if epochs[pk] == epoch}
        Chunk.objects.bulk_create(
            Chunk(generation_id=piece.generation, offset=piece.offset, text=piece.text, thinking=piece.thinking)
            for piece in pieces
            if piece.generation in held and piece.text
        )
        for piece in pieces:
            if piece.thought and piece.generation in held:
                steps.note_thinking(piece.generation, piece.thought)
        begun = [pk for pk, state in held.items() if state == State.LEASED]
        if begun:
            Generation.objects.filter(pk__in=begun).update(state=State.STREAMING)
            Generation.objects.filter(pk__in=begun, started=None).update(started=timezone.now())
    return epochs.keys() - held.keys()


def finish(generation: UUID, epoch: int, text: str, outcome: Outcome) -> bool:
    """Ends a generation: its text becomes its message, its log goes. False when the lease was lost and nothing was
    written.
    """
    state = {"cancelled": State.CANCELLED, "failed": State.FAILED}.get(outcome.reason, State.DONE)
    now = timezone.now()
    usage = outcome.usage
    with transaction.atomic():
        won = kept.end_held.run(
            id=generation,
            lease_epoch=epoch,
            state=state,
            ended_at=now,
            reason=outcome.reason,
            error_code=outcome.error_code,
            error=_line(outcome.error),
            answered_by=outcome.answered_by[:100],
            prompt_tokens=usage.prompt_tokens if usage else None,
            completion_tokens=usage.completion_tokens if usage else None,
            cached_tokens=usage.cached_tokens if usage else None,
            prompt_seconds=usage.prompt_seconds if usage else None,
            completion_seconds=usage.completion_seconds if usage else None,
            trimmed_messages=outcome.trimmed_messages,
            thinking_length=outcome.thinking,
            tool_calls=_tool_calls(outcome),
        )
        if not won:
            if usage is not None and not Generation.objects.filter(pk=generation).exists():
                # Its conversation was deleted in the meantime. That does not make it free.
                budgets.settle(generation, costs.counted(usage) + outcome.spent)
            return False
        (row,) = kept.with_its_place.rows(id=generation)
        _settle(row, text, outcome, now)
    return True


def _settle(row: Generation, text: str, outcome: Outcome, now: datetime.datetime) -> None:
    """Within the ending transaction: text to its place, log away, news out."""
    kept.forget_chunks.run(generation=row.pk)
    measuring.ended(row)
    control_on_commit("queue")
    conversation = row.conversation
    if row.purpose == Generation.Purpose.TITLE:
        title = titles.clean_title(text[outcome.thinking :])
        if title and not outgoing.judged(title, 0).found and row.state == State.DONE:
            changed = Conversation.objects.filter(pk=conversation.pk, title_by_owner=False).update(title=title)
            if changed:
                # The row in hand may be from before somebody chose another model, and the page would go back to the former.
                conversation.refresh_from_db(fields=["title", "model"])
                on_commit(user_topic(conversation.owner_id), turns.conversation_changed(conversation))
        return
    if row.purpose == Generation.Purpose.SUMMARY:
        summaries.settle(row, outgoing.judged(text[outcome.thinking :], 0).text)
        budgets.settle(row.pk, costs.cost(row, text, outcome.usage))
        return
    message = row.message
    assert message is not None
    cost = costs.cost(row, text, outcome.usage)
    message.thinking, message.content = text[: outcome.thinking], text[outcome.thinking :]
    message.html = outcome.html
    steps.settle(row, message, outcome.thought)
    outgoing.settle(row, message, outcome.found)
    citing.into(message)
    if not (row.continues or row.step):
        message.tokens = row.completion_tokens
    elif row.completion_tokens is not None:
        message.tokens = (message.tokens or 0) + row.completion_tokens
    message.model = row.answered_by or message.model
    kept.write_answer.run(
        id=message.pk, content=message.content, thinking=message.thinking, html=message.html, model=message.model,
        tokens=message.tokens,
    )  # fmt: skip
    artifacts.after(message.pk, message.content, row.file_asked)
    stopped = row.state == State.CANCELLED
    kept.touch_conversation.run(id=conversation.pk, updated=now, unread=conversation.unread or not stopped)
    if not (stopped or conversation.unread):
        on_commit(user_topic(conversation.owner_id), ConversationUnread(conversation=conversation.pk, unread=True))
    budgets.settle(row.pk, cost)
    on_commit(conversation_topic(conversation.pk), turns.finished_out(row))
    if row.state == State.DONE:
        summaries.after(row)
        titles.after(row)
        if row.started is not None and (row.started - row.created).total_seconds() >= LONG_WAIT_SECONDS:
            telling.announce(conversation)


def resume(session: str, node_id: UUID, generation: UUID, epoch: int) -> Taken | None:
    """A node came back with ``generation``, claimed under ``epoch``: takes over its lease with a new epoch, or None if
    it is no longer that node's. An epoch between the claim's and the present one belongs to the same claim: its
    answer may have been lost."""
    with transaction.atomic():
        taken = Generation.objects.filter(
            pk=generation, node=node_id, state__in=HELD, claim_epoch__lte=epoch, lease_epoch__gte=epoch
        ).update(
            lease_owner=session,
            lease_epoch=F("lease_epoch") + 1,
            lease_until=timezone.now() + datetime.timedelta(seconds=settings.LEASE_SECONDS),
        )
        if not taken:
            return None
        row = Generation.objects.get(pk=generation)
        text, thinking = stored(row.pk)
        return Taken(
            generation=row.pk,
            epoch=row.lease_epoch,
            conversation=row.conversation_id,
            message=row.message_id,
            model=row.answered_by or row.model,
            text=text,
            stop=row.stop_requested,
            thinking=thinking,
            step_from=row.step_from if row.step else None,
            thought=steps.thought(row),
            tools=bool(row.tools),
            spent=row.spent,
        )


def release(node_id: UUID, keep: Iterable[UUID] = ()) -> None:
    """Gives back what the node no longer works on: it said goodbye, or came back without it. Stopped ones end as
    stopped.
    """
    held = Generation.objects.filter(node=node_id, state__in=HELD).exclude(pk__in=list(keep))
    for row in held:
        _return_or_end(row, "interrupted", str(_INTERRUPTED))


def give_back(generation: UUID, epoch: int, error_code: str, error: str) -> bool:
    """The node failed in a way that another attempt may mend: back to the queue, or failed after the last attempt."""
    row = Generation.objects.filter(pk=generation, lease_epoch=epoch, state__in=HELD).first()
    if row is None:
        return False
    _return_or_end(row, error_code, error)
    return True


def _return_or_end(row: Generation, code: str, error: str) -> None:
    """Back to the queue, unless a stop was asked for or it had its last attempt; all under the epoch of ``row``."""
    mine = Generation.objects.filter(pk=row.pk, lease_epoch=row.lease_epoch)
    if row.attempts >= settings.GENERATION_MAX_ATTEMPTS and not row.stop_requested:
        end_by_site(row.pk, "failed", code, error, epoch=row.lease_epoch)
    elif mine.filter(stop_requested=False).give_back():
        control_on_commit("work")
    else:
        # A stop, perhaps of this very moment.
        end_by_site(row.pk, "cancelled", epoch=row.lease_epoch)


_INTERRUPTED = _("The machine that was answering went away too often. What it wrote is kept; ask again to go on.")


def end_by_site(
    generation: UUID,
    reason: str,
    code: str = "",
    error: str = "",
    *,
    epoch: int | None = None,
    expired: datetime.datetime | None = None,
) -> bool:
    """Ends a generation without its node; its stored text is kept as the message.

    A waiting one, or with ``epoch`` a held one under that epoch, with ``expired`` only if its lease ran out before.
    """
    text = stored(generation)
    ended, parts = outgoing.ready(text.text, text.thinking, generation)
    now = timezone.now()
    state = State.CANCELLED if reason == "cancelled" else State.FAILED
    with transaction.atomic():
        rows = Generation.objects.filter(pk=generation)
        rows = rows.filter(state=State.QUEUED) if epoch is None else rows.filter(lease_epoch=epoch, state__in=HELD)
        if expired is not None:
            rows = rows.filter(lease_until__lt=expired)
        won = rows.update(
            state=state, reason=reason, error_code=code, error=_line(error), ended_at=now,
            lease_owner="", lease_until=None, lease_epoch=F("lease_epoch") + 1, thinking_length=parts["thinking"],
            model=Case(When(model__in=[SITE, APPROVAL], then=F("wants")), default=F("model")),
        )  # fmt: skip
        if not won:
            return False
        if (now_stored := stored(generation)) != text:
            # A piece came in between; from here on the fence keeps any other out.
            ended, parts = outgoing.ready(now_stored.text, now_stored.thinking, generation)
            Generation.objects.filter(pk=generation).update(thinking_length=parts["thinking"])
        row = Generation.objects.select_related("conversation", "message").get(pk=generation)
        _settle(row, ended, Outcome(reason, error_code=code, error=error, **parts), now)
    return True


def request_stop(row: Generation) -> bool:
    """Stops a waiting generation at once; tells the node of a running one. True when it is over already."""
    while True:
        if end_by_site(row.pk, "cancelled"):
            # The site may be doing something for it.
            control_on_commit("stop", str(row.pk))
            return True
        with transaction.atomic():
            if Generation.objects.filter(pk=row.pk, state__in=HELD).update(stop_requested=True):
                control_on_commit("stop", str(row.pk))
                return False
        # Between the two looks it may have gone back to the queue; if it is not there, it is over.
        if not Generation.objects.waiting().filter(pk=row.pk).exists():
            return True


def stops_wanted(session: str) -> list[UUID]:
    """Running generations of this session whose stop was asked for: the hint may have been lost."""
    rows = Generation.objects.filter(lease_owner=session, state__in=HELD, stop_requested=True)
    return list(rows.values_list("pk", flat=True))


def reap() -> Reaped:
    """Returns generations whose lease has run out to the queue; ends those that were stopped or have no attempt left."""

    def end(row: Generation, state: State, now: datetime.datetime) -> bool:
        if state == State.CANCELLED:
            return end_by_site(row.pk, "cancelled", epoch=row.lease_epoch, expired=now)
        return end_by_site(row.pk, "failed", "interrupted", str(_INTERRUPTED), epoch=row.lease_epoch, expired=now)

    result = Generation.objects.all().reap(settings.GENERATION_MAX_ATTEMPTS, end)
    if result:
        control_on_commit("work")
    return result


def renew(session: str, running: Iterable[UUID]) -> int:
    return Generation.objects.all().renew(session, running, settings.LEASE_SECONDS)
