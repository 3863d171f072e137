"""Verbs of comparisons: ask several models at once, and keep one answer."""

import datetime
import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat import allowance, preparing, titles, tree
from chat.access import access_conversation
from chat.actions import Asked, checked_request, new_generation, new_question, stop
from chat.attachments import actions as attachments
from chat.attachments import asking
from chat.branches import move
from chat.bus import control_on_commit, on_commit
from chat.comparing import ending, reading
from chat.comparing.events import ComparisonShown
from chat.events import MessageAdded
from chat.flows import running as flows
from chat.hub import conversation_topic, user_topic
from chat.messages import conversation_changed, message_out
from chat.models import Candidate, Comparison, Conversation, Generation, Message, Upload, kept
from chat.moderating.incoming import let_in, note
from chat.personas import stage
from chat.wording import written
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from meatlizard.jobs.lease import ENDED, State

FEWEST, MOST = 2, 4
"""Models in one comparison."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What all answers of a comparison have in common. ``waiting``: how many answers waited before it."""

    user: User
    talk: Conversation
    message: Message
    request: UUID
    blind: bool
    uploads: Sequence[Upload]
    waiting: int


@dataclass(frozen=True, slots=True)
class _Made:
    """An answer asked for, or ``refused``: its place says why it stays empty."""

    message: Message
    generation: Generation
    refused: LimitReached | Invalid | None


def compare(
    user: User,
    conversation: UUID,
    request: UUID,
    text: str,
    models: Sequence[str],
    blind: bool = False,
    files: Sequence[UUID] = (),
) -> Asked:
    """Stores a question and asks each of ``models`` for an answer of its own, all at once. With ``blind`` their order is chance, and
    nobody is told which is whose until one is kept. What one is refused the others still get.

    Raises as :func:`chat.actions.send`, LimitReached when all are refused; nothing is stored then.
    """
    text, found = let_in(user, conversation, written(text, empty=bool(files)), request, files)
    aliases = _checked(models)
    if blind:
        random.SystemRandom().shuffle(aliases)
    with transaction.atomic():
        talk = access_conversation(user, conversation, lock=True)
        if earlier := checked_request(user, talk, request, queues=True):
            return earlier
        flows.refuse_models(talk)
        ending.leave(talk)
        uploads = attachments.chosen(user, files)
        question = new_question(talk, talk.head_id, text, uploads)
        note(found, talk.pk, question.pk)
        kept.add_message.run(question)
        asking.tie(talk, question, uploads)
        comparison = Comparison.objects.create(
            conversation=talk, question=question, blind=blind, created=question.created
        )
        asked = _Question(user, talk, question, request, blind, uploads, kept.answers_waiting.first() or 0)
        made = [_ask(asked, number, alias) for number, alias in enumerate(aliases)]
        accepted = [one for one in made if one.refused is None]
        if not accepted:
            raise made[0].refused or AssertionError("none accepted, and none refused")
        candidates = Candidate.objects.bulk_create(
            Candidate(comparison=comparison, message=one.message, number=number, model=alias)
            for number, (one, alias) in enumerate(zip(made, aliases, strict=True))
        )
        _show_end(talk, comparison, accepted[0].message, question.created)
        _tell(talk, question, request, made, reading.event(comparison, candidates))
    first = made[0]
    return Asked(first.generation.pk, talk.pk, first.message.pk)


def _checked(models: Sequence[str]) -> list[str]:
    aliases = list(models)
    if not FEWEST <= len(aliases) <= MOST or len(set(aliases)) < len(aliases):
        raise Invalid(gettext("Choose two to four different models to compare."), code="bad_comparison")
    if not all(0 < len(alias) <= 100 and alias.isprintable() for alias in aliases):
        raise Invalid(gettext("This is not the name of a model."), code="model_unknown")
    return aliases


def _ask(question: _Question, number: int, alias: str) -> _Made:
    """One answer, within the asking transaction. The first bears the very request, by which a repeated one is known."""
    talk, asked = question.talk, question.message
    who = stage.preferences(talk)
    # Versions stand in the order of their moments.
    moment = asked.created + datetime.timedelta(microseconds=number + 1)
    message = Message(
        conversation=talk, parent=asked, role=Message.Role.ASSISTANT, source=Message.Source.MODEL, created=moment,
        speaker=who.speaker,
    )  # fmt: skip
    key, request = uuid4(), uuid5(question.request, str(number)) if number else question.request
    sampling, sight, refused = {}, 0, None
    try:
        if question.waiting + number >= settings.QUEUE_MAX_WAITING:
            raise LimitReached(gettext("Too many answers are waiting already."), code="queue_full")
        sight = asking.checked(talk, question.uploads, alias, by_model=True)
        length = len(asked.content) + asking.length_of(question.uploads)
        sampling = allowance.sampling(question.user, talk, who, key, before=asked.parent_id, length=length)
    except (LimitReached, Invalid) as refusal:
        refused = refusal
    generation = new_generation(question.user, talk, message, key, request, moment, sampling, alias)
    generation.model, generation.blind, generation.sight = alias, question.blind, sight
    if refused is not None:
        generation.state, generation.reason, generation.error_code = State.FAILED, "failed", refused.code
        generation.error = _why(refused)
        generation.started = generation.ended_at = moment
    else:
        preparing.enter(generation, question.user, talk)
    kept.add_message.run(message)
    kept.add_generation.run(generation)
    return _Made(message, generation, refused)


def _why(refused: LimitReached | Invalid) -> str:
    if refused.code == "queue_full":
        return gettext("This model was not asked: too many answers are waiting already.")
    if refused.code == "budget_exceeded":
        return gettext("This model was not asked: your tokens for this week do not suffice for another answer.")
    return gettext("This model was not asked. {why}").format(why=refused.message)[:500]


def _show_end(talk: Conversation, comparison: Comparison, head: Message, now: datetime.datetime) -> None:
    talk.head, talk.updated, talk.comparison = head, now, comparison
    kept.move_head.run(id=talk.pk, head=head.pk, updated=now, title=talk.title)
    Conversation.objects.filter(pk=talk.pk).update(comparison=comparison)


def _tell(talk: Conversation, question: Message, request: UUID, made: list[_Made], shown: ComparisonShown) -> None:
    topic = conversation_topic(talk.pk)
    on_commit(topic, MessageAdded(conversation=talk.pk, message=message_out(question), request=request))
    on_commit(topic, shown)
    for one in made:
        on_commit(topic, MessageAdded(conversation=talk.pk, message=message_out(one.message, one.generation)))
    on_commit(user_topic(talk.owner_id), conversation_changed(talk))
    for do in {preparing.hint(one.generation) for one in made}:
        control_on_commit(do)


def retold(asked: Asked, request: UUID) -> list[MessageAdded | ComparisonShown]:
    """What was said of a request that had been carried out before: its page did not hear it."""
    rows = list(
        Candidate.objects.filter(comparison__candidates__message=asked.answer)
        .select_related("comparison__question", "message")
        .order_by("number")
    )
    if not rows:
        return []
    comparison = rows[0].comparison
    told: list[MessageAdded | ComparisonShown] = [
        MessageAdded(conversation=asked.conversation, message=message_out(comparison.question), request=request)
    ]
    talk = Conversation.objects.filter(pk=asked.conversation, comparison=comparison).first()
    found = reading.shown(talk) if talk else None
    if found is not None:
        told.append(found.event)
        told += [MessageAdded(conversation=asked.conversation, message=message) for _, message in found.answers]
    return told


def keep(user: User, message: Message) -> UUID | None:
    """Of a comparison's answers, this one goes on; the others stay as versions, and those still being written are stopped. Names
    are told. Returns the end of what is shown. Of two who keep at once the first one wins.

    Raises Invalid where there is no comparison any more, or nothing was answered.
    """
    with transaction.atomic():
        answers = list(
            Candidate.objects.filter(comparison__candidates__message=message.pk).values_list("message", flat=True)
        )
        # In the order in which an ending answer locks itself and the conversation.
        rows = Generation.objects.filter(message__in=answers).order_by("pk")
        list(rows.select_for_update().values_list("pk"))
        talk = access_conversation(user, message.conversation_id, lock=True)
        comparison = Comparison.objects.filter(candidates__message=message.pk).first()
        if comparison is not None and comparison.kept_id == message.pk:
            return talk.head_id
        tree_now = tree.read(talk.pk)
        _may_be_kept(talk, comparison, message, tree_now)
        assert comparison is not None
        comparison.kept, comparison.settled = message, timezone.now()
        comparison.save(update_fields=["kept", "settled"])
        ending.leave(talk)
        _entitle(talk, message, answers)
        move(talk, tree.end_of(tree_now, message.pk))
    # Afterwards: an ending answer locks its own row before the conversation's.
    for generation in Generation.objects.filter(message__in=answers).exclude(state__in=ENDED):
        if generation.message_id != message.pk:
            stop(generation)
    return talk.head_id


def _entitle(talk: Conversation, message: Message, answers: list[UUID]) -> None:
    """A conversation that began with a comparison gets its title now: until one was kept, none of its answers was the first."""
    row = Generation.objects.filter(message=message.pk, state=State.DONE).select_related("conversation").first()
    others = Generation.objects.filter(conversation=talk.pk).exclude(message__in=answers)
    if row is not None and not talk.title_by_owner and not others.exists():
        titles.ask_for_title(row)


def _may_be_kept(talk: Conversation, comparison: Comparison | None, message: Message, rows: tree.Rows) -> None:
    if comparison is None or talk.comparison_id != comparison.pk:
        raise Invalid(
            gettext("This comparison is over: another answer was kept, or the conversation went on."),
            code="comparison_over",
        )
    if message.pk not in rows:
        raise Invalid(gettext("This answer was deleted."), code="message_deleted")
    last = Generation.objects.filter(message=message.pk).order_by("-created").first()
    text = Message.objects.filter(pk=message.pk).exclude(content="").exists()
    if last is not None and last.ended and not text:
        raise Invalid(gettext("There is no answer here to keep."), code="nothing_to_keep")
