"""Rolling summaries: when older turns are summed up, what the model that does it gets to read, and what becomes of its text.

A summary is a generation of its own, last in the queue, and its tokens are the person's as those of an answer are. While it is written
its checkpoint has no text, and counts for nothing; if it fails the checkpoint goes, and nothing has changed.
"""

import datetime
import logging
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat import tree
from chat.attachments import documents
from chat.bus import control_on_commit, on_commit
from chat.context import history, reading, weights
from chat.context.events import ContextChanged
from chat.context.plan import Turn
from chat.context.reading import Machine
from chat.hub import conversation_topic
from chat.models import Checkpoint, Conversation, Generation, Message, NodeModel
from chat.models.generations import BACKGROUND_PENALTY_MS
from chat.models.prompts import SiteText
from chat.prompting import site
from inference_client.protocol.vocabulary import ChatMessage
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.errors import AppError, Invalid
from meatlizard.jobs.lease import State
from meatlizard.ops.logs import current_request_id

log = logging.getLogger(__name__)

EARLIER = "What was said before, summed up earlier. Carry over what still matters:"
DIALOGUE = "The conversation:"

MOST_TOKENS = 1_000
"""Of a summary, but never above an eighth of the window."""

MOST_CHARACTERS = 8_000
"""A text that is longer is no summary."""

KEEP = 4
"""One part in so many of the window is kept as it is, of the latest turns; of a shorter conversation the later half."""

USUAL_WINDOW = 4_096
"""Taken where no machine has ever said how much a model reads."""

REST_AFTER_FAILURE = datetime.timedelta(hours=1)


def after(answer: Generation) -> None:
    """Within the transaction that ends ``answer``: has older turns summed up if the window is full enough. Costs nothing for short
    conversations, whose window was not noted."""
    if not settings.SUMMARY_AT or answer.window is None or not answer.conversation.summaries:
        return
    used = (answer.prompt_tokens or 0) + (answer.completion_tokens or 0)
    if used * 100 >= answer.window * settings.SUMMARY_AT or answer.left_out or answer.trimmed_messages:
        # Afterwards: it reads the whole conversation, and must not keep the rows of the answer locked meanwhile.
        transaction.on_commit(partial(_begin_by_itself, answer.pk), robust=True)


def _begin_by_itself(answer: UUID) -> None:
    row = Generation.objects.select_related("conversation", "user__tier").filter(pk=answer).first()
    if row is None or row.conversation.removed or row.message_id is None:
        return
    failed = Generation.objects.filter(
        conversation=row.conversation_id, purpose=Generation.Purpose.SUMMARY, state=State.FAILED
    )
    if failed.filter(created__gt=timezone.now() - REST_AFTER_FAILURE).exists():
        return
    try:
        begin(row.user, row.conversation, row.message_id, Machine(row.answered_by, row.window), by_hand=False)
    except AppError as refused:
        # Nobody asked for it: the conversation goes on without its oldest turns, and says so.
        log.info("summary.not_begun", extra={"code": refused.code, "generation": str(answer)})


def begin(user: User, talk: Conversation, end: UUID, machine: Machine, *, by_hand: bool) -> Checkpoint:
    """Asks for a summary of the older part of the branch that ends with ``end``. Raises Invalid where there is nothing to sum up, or
    one is being written, and LimitReached where the week's tokens do not suffice; nothing has changed then.
    """
    if not site.current().text(SiteText.Kind.TASK_SUMMARY):
        raise Invalid(gettext("This site makes no summaries."), code="summaries_off")
    window = machine.window or window_of(machine.model) or USUAL_WINDOW
    now, key, most = timezone.now(), uuid4(), min(MOST_TOKENS, window // 8)
    try:
        with transaction.atomic():
            target, size = _target(talk, end, Machine(machine.model, window))
            generation = Generation(
                pk=key, conversation=talk, user=user, purpose=Generation.Purpose.SUMMARY, model=talk.model,
                sampling={"temperature": 0.2, "max_tokens": most, "thinking": "off"}, trace=current_request_id() or "",
                created=now, rank=int(now.timestamp() * 1000) + BACKGROUND_PENALTY_MS,
            )  # fmt: skip
            generation.save(force_insert=True)
            checkpoint = Checkpoint.objects.create(
                conversation=talk, message_id=target, generation=generation, by_hand=by_hand, created=now
            )
            budgets.reserve(user, key, least=size + most, wanted=size + most)
            _tell(talk.pk)
            control_on_commit("work")
    except IntegrityError:
        raise Invalid(gettext("A summary is being written here already."), code="summary_running") from None
    return checkpoint


def _target(talk: Conversation, end: UUID, machine: Machine) -> tuple[UUID, int]:
    """The last message that is to be summed up, and how many tokens there are to be read for that."""
    turns, done = _line(talk.pk, end)
    scale = reading.measured_scale(talk.pk, machine)
    at = older_part(turns, done, (machine.window or USUAL_WINDOW) / scale / KEEP)
    if at is None:
        raise Invalid(gettext("There is too little here to be summarised."), code="too_short")
    size = sum(weights.message(turn.content) for turn in turns[done : at + 1])
    return turns[at].key, int(min(size, machine.window or USUAL_WINDOW) * scale) + 1


def _line(talk: UUID, end: UUID) -> tuple[list[Turn], int]:
    """The turns down to ``end``, and how many of them are summed up already."""
    tree = documents.told(documents.said([talk]), [end])
    turns = history.path(tree, end if end in tree else None)
    texts = reading.summaries(turns)
    return turns, max((at + 1 for at, turn in enumerate(turns) if turn.key in texts), default=0)


def older_part(turns: Sequence[Turn], done: int, keep: float) -> int | None:
    """Index of the last turn to be summed up, an answer: what follows takes ``keep`` tokens at most, or half of what there is if
    that is less. The last question and answer always stay as they are. None where nothing is left to be summed up.
    """
    sizes = [weights.message(turn.content) if turn.content else 0 for turn in turns]
    keep = min(keep, sum(sizes[done:]) / 2)
    last = next((at for at in range(len(turns) - 1, -1, -1) if turns[at].role == "user"), 0)
    found, rest = None, sum(sizes[done:])
    for at in range(done, last):
        rest -= sizes[at]
        if turns[at].role == "assistant" and turns[at].content:
            found = at
            if rest <= keep:
                break
    return found


def window_of(model: str) -> int | None:
    """Tokens that ``model`` (empty: any) reads wherever it is offered; None when no machine ever said so."""
    rows = NodeModel.objects.filter(kind="chat", node__revoked=None)
    found = (rows.filter(alias=model) if model else rows).order_by("context_length")
    return found.values_list("context_length", flat=True).first()


# --- what the model gets to read --------------------------------------------------------------------------------------


def request(generation: Generation, machine: Machine) -> tuple[ChatMessage, ...] | None:
    """None when nobody wants it any more. Of what is more than ``machine`` reads, the older part is summed up now."""
    checkpoint = Checkpoint.objects.filter(generation=generation.pk, text="").first()
    if checkpoint is None:
        return None
    turns, done = _line(checkpoint.conversation_id, checkpoint.message_id)
    earlier = next(iter(reading.summaries(turns[done - 1 : done]).values()), "") if done else ""
    window = machine.window or USUAL_WINDOW
    scale = reading.measured_scale(checkpoint.conversation_id, machine)
    room = int((window - min(MOST_TOKENS, window // 8) - window // 16) / scale)
    task = site.current().text(SiteText.Kind.TASK_SUMMARY)
    room -= weights.message(task) + weights.message(earlier) + weights.message(DIALOGUE + EARLIER)
    said, last = dialogue(turns[done:], max(1, room))
    if last is not None and last != checkpoint.message_id:
        Checkpoint.objects.filter(pk=checkpoint.pk).update(message=last)
    parts = [f"{EARLIER}\n{earlier}"] if earlier else []
    text = "\n\n".join([*parts, DIALOGUE, *said])
    return (ChatMessage(role="system", content=task), ChatMessage(role="user", content=text))


def dialogue(turns: Sequence[Turn], room: int) -> tuple[list[str], UUID | None]:
    """As many of ``turns`` as ``room`` tokens hold, as text, and the key of the answer that comes last among them. The first question
    and its answer are there in any case: of what is too long in itself, beginning and end.
    """
    said: list[str] = []
    last, fitting = None, 0
    for turn in turns:
        if not turn.content:
            continue
        text = f"{history.SPEAKERS.get(turn.role, turn.role)}: {_ends_of(turn.content, max(200, room))}"
        if last is not None and weights.message(text) > room:
            break
        room -= weights.message(text)
        said.append(text)
        if turn.role == "assistant":
            last, fitting = turn.key, len(said)
    return said[:fitting], last


def _ends_of(text: str, room: int) -> str:
    """Half of ``room`` tokens at most: beginning and end."""
    if weights.tokens(text) <= room // 2:
        return text
    half = max(1, room // 4 * len(text) // weights.tokens(text))
    return f"{text[:half]}\n[…]\n{text[-half:]}"


# --- its end ----------------------------------------------------------------------------------------------------------


def settle(row: Generation, text: str) -> None:
    """Within the transaction that ends ``row``: the text becomes its checkpoint's, or the checkpoint goes."""
    checkpoint = Checkpoint.objects.select_related("message").filter(generation=row.pk, text="").first()
    if checkpoint is None:
        return
    said = text.replace("\x00", "").strip()
    why = _why_not(row, said, checkpoint) if row.state == State.DONE else row.error
    if row.state != State.DONE or why:
        checkpoint.delete()
        if row.state == State.DONE:
            row.state, row.error_code, row.error = State.FAILED, "bad_summary", why
            row.save(update_fields=["state", "error_code", "error"])
        asked = checkpoint.by_hand and row.state == State.FAILED
        _tell(row.conversation_id, problem(why) if asked else "")
        return
    # Its owner may be deleting it at this moment.
    if Checkpoint.objects.filter(pk=checkpoint.pk).update(text=said, model=row.answered_by):
        Message.objects.filter(pk=checkpoint.message_id).update(summed_up=True)
        _tell(row.conversation_id)


def _why_not(row: Generation, said: str, checkpoint: Checkpoint) -> str:
    """What is wrong with a summary; empty if nothing is."""
    if not said:
        return gettext("The model wrote nothing.")
    if row.reason != "stop":
        return gettext("The model came to no end.")
    turns, done = _line(checkpoint.conversation_id, checkpoint.message_id)
    if len(said) > MOST_CHARACTERS or (not done and len(said) >= sum(len(turn.content) for turn in turns)):
        return gettext("What the model wrote is longer than a summary may be.")
    return ""


def problem(why: str) -> str:
    """What is said to who asked for a summary."""
    return gettext("No summary was made, and nothing has changed. {why}").format(
        why=why or gettext("The machine failed.")
    )


def _tell(conversation: UUID, trouble: str = "") -> None:
    on_commit(conversation_topic(conversation), ContextChanged(conversation=conversation, problem=trouble))


def forget(message: UUID, conversation: UUID) -> None:
    """Deletes the summaries that stand for ``message`` among others: what it said is not to be read any more. One that is being written
    comes to nothing; one that still waits reads what stands there now."""
    with transaction.atomic():
        rows = Checkpoint.objects.filter(conversation=conversation)
        rows = rows.exclude(text="", generation__state=State.QUEUED)
        made = dict(rows.values_list("message", "pk"))
        if not made:
            return
        gone = [key for key in tree.below(tree.read(conversation), message) if key in made]
        if gone:
            Checkpoint.objects.filter(pk__in=[made[key] for key in gone]).delete()
            Message.objects.filter(pk__in=gone).update(summed_up=False)
            _tell(conversation)
