"""The steps of an answer whose model calls tools: where one ends and the next begins, and how the answer ends.

A step ends with calls: the generation goes to the site's turn, which runs them, and from there back into the queue; the next step writes on
behind the text that is there. Functions here are synchronous and run within the transaction of whoever changes the generation.
"""

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Length
from django.utils import timezone

from chat.bus import control_on_commit
from chat.models import Chunk, Generation, LaterThinking, Message, ToolCall
from chat.models.generations import SITE
from chat.models.tool_calls import OPEN
from chat.moderating import outgoing
from chat.tools import news
from inference_client.protocol import vocabulary
from inference_client.protocol.vocabulary import Usage
from meatlizard.jobs.lease import HELD, State

MOST_IN_ALL = 500
"""Calls of one answer, however often it was continued."""


def suspend(generation: UUID, epoch: int, calls: Sequence[vocabulary.ToolCall], usage: Usage, thought: str) -> bool:
    """The model waits for ``calls``: its text is stored, and the site has its turn. ``thought``: in this step, not stored yet.

    False when the lease was lost, or a stop was asked for: then nothing has changed.
    """
    now = timezone.now()
    with transaction.atomic():
        held = Generation.objects.select_for_update(of=("self",)).filter(
            pk=generation, lease_epoch=epoch, state__in=HELD, stop_requested=False
        )
        row = held.first()
        if row is None or row.message_id is None:
            return False
        if thought:
            note_thinking(row.pk, thought)
        length, thinking = _extent(row.pk)
        message = (
            Message.objects.select_for_update(of=("self",)).defer("content", "html", "thinking").get(pk=row.message_id)
        )
        made = ToolCall.objects.bulk_create(
            ToolCall(
                message=message, generation=row, step=row.step, number=message.called + number, at=length - thinking,
                call=_clean(call.id), name=_clean(call.name), arguments=_clean(call.arguments), created=now,
            )
            for number, call in enumerate(calls[: MOST_IN_ALL - message.called])
        )  # fmt: skip
        Message.objects.filter(pk=message.pk).update(
            called=message.called + len(made), tokens=(message.tokens or 0) + usage.completion_tokens
        )
        held.update(
            state=State.QUEUED, model=SITE, wants=row.model, step=row.step + 1, step_from=length, attempts=0,
            spent=row.spent + max(0, usage.prompt_tokens - usage.cached_tokens) + usage.completion_tokens,
            trimmed_messages=0, lease_owner="", lease_until=None, lease_epoch=F("lease_epoch") + 1,
            # Without room for a single one it would ask again for ever.
            **({} if made else {"tools": None}),
        )  # fmt: skip
        news.tell(row.conversation_id, made)
        control_on_commit("prepare")
        control_on_commit("queue")
    return True


def _clean(text: str) -> str:
    # PostgreSQL takes no NUL.
    return text.replace("\x00", "\ufffd")


def _extent(generation: UUID) -> tuple[int, int]:
    """How long its text is, and how much of that is thinking."""
    rows = Chunk.objects.filter(generation=generation).annotate(length=Length("text")).values_list("length", "thinking")
    found = list(rows.order_by())
    return sum(length for length, _ in found), sum(thinking for _, thinking in found)


def note_thinking(generation: UUID, text: str) -> None:
    """What was thought in the present step. Of one that begins anew, what was thought in vain is replaced."""
    step = Generation.objects.filter(pk=generation).values_list("step", flat=True).get()
    LaterThinking.objects.update_or_create(generation_id=generation, step=step, defaults={"text": text})


def thought(row: Generation) -> str:
    """What is stored of what was thought in the present step. No query in the first."""
    if not row.step:
        return ""
    found = LaterThinking.objects.filter(generation=row.pk, step=row.step)
    return found.values_list("text", flat=True).first() or ""


def settle(row: Generation, message: Message, thought: str) -> None:
    """Of an answer that ends, before ``message`` is written: what was thought in later steps comes to the rest, ``thought`` at the very
    last, and no call goes on. No query for one that called nothing."""
    if not row.step:
        return
    thoughts = list(LaterThinking.objects.filter(generation=row.pk).order_by("step").values_list("text", flat=True))
    thoughts = [outgoing.judged(text, len(text)).text for text in (*thoughts, thought)]
    if any(thoughts):
        message.thinking = "\n\n".join(text for text in (message.thinking, *thoughts) if text.strip())
        row.thinking_length = len(message.thinking)
        Generation.objects.filter(pk=row.pk).update(thinking_length=row.thinking_length)
        LaterThinking.objects.filter(generation=row.pk).delete()
    cancel(row.pk, timezone.now())


def cancel(generation: UUID, now: datetime.datetime) -> None:
    """Ends the calls that are still open: nobody waits for them any more."""
    rows = list(ToolCall.objects.filter(generation=generation, state__in=OPEN))
    if not rows:
        return
    ToolCall.objects.filter(pk__in=[one.pk for one in rows], state__in=OPEN).update(
        state=ToolCall.State.CANCELLED, ended=now
    )
    for one in rows:
        one.state, one.ended = ToolCall.State.CANCELLED, now
    talk = Generation.objects.filter(pk=generation).values_list("conversation", flat=True).get()
    news.tell(talk, rows)
