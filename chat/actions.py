"""Verbs of conversations: each owns its transaction, and its news goes out on commit."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat import allowance, costs, generations, markov, preparing, queueing, tree
from chat.access import access_conversation
from chat.artifacts import wishes
from chat.artifacts.jobs import sweep_artifacts
from chat.attachments import actions as attachments
from chat.attachments import asking, showing
from chat.bus import control_on_commit, on_commit
from chat.comparing.ending import leave
from chat.events import ConversationDeleted, MessageAdded
from chat.flows import running as flows
from chat.hub import conversation_topic, user_topic
from chat.messages import conversation_changed, latest_generation, may_go_on, message_out, plain_html
from chat.models import Chunk, Conversation, Generation, Message, Upload, kept
from chat.moderating import incoming, outgoing
from chat.moderating.incoming import let_in, note
from chat.personas import stage
from chat.ready import Ready
from chat.routes import choosing
from chat.titles import title_from_question
from chat.wording import checked_prompt, without_controls, written
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.control.services import may_ask
from meatlizard.errors import Invalid, LimitReached, NotFound
from meatlizard.jobs.lease import ENDED, HELD, State
from meatlizard.markup import render_markdown
from meatlizard.ops.logs import current_request_id

DELETED_SETTLES = datetime.timedelta(minutes=5)
"""Within which a machine tells how far it was with an answer whose conversation was deleted."""


THINKING = ("", "off", "on", "low", "medium", "high")

Offline = Literal["wait", "markov"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question made. ``repeated``: the same request had been carried out before, and nothing was made now."""

    generation: UUID
    conversation: UUID
    answer: UUID
    repeated: bool = False


def create_conversation(owner: User, model: str = "", system_prompt: str = "") -> Conversation:
    conversation = Conversation.objects.create(
        owner=owner, updated=timezone.now(), model=_model(model), system_prompt=checked_prompt(system_prompt)
    )
    on_commit(user_topic(owner.pk), conversation_changed(conversation))
    return conversation


def rename(conversation: Conversation, title: str) -> Conversation:
    title = " ".join(without_controls(title).split())
    if not title:
        raise Invalid(gettext("A title needs at least one character."), code="title_empty")
    if len(title) > 200:
        raise Invalid(gettext("A title has at most 200 characters."), code="title_too_long")
    conversation.title, conversation.title_by_owner = title, True
    conversation.save(update_fields=["title", "title_by_owner"])
    on_commit(user_topic(conversation.owner_id), conversation_changed(conversation))
    return conversation


def configure(
    conversation: Conversation, model: str, system_prompt: str, temperature: float | None, thinking: str = ""
) -> Conversation:
    """For the answers to come. ``thinking``: off, on, low, medium or high; empty: as the model does by itself."""
    if thinking not in THINKING:
        raise Invalid(gettext("A model thinks off, on, low, medium or high."), code="thinking_unknown")
    if temperature is not None and not 0 <= temperature <= 5:
        raise Invalid(gettext("The temperature is a number from 0 to 5."), code="temperature_out_of_range")
    if conversation.model != queueing.PERSON:
        # Else who saves other settings would send the administrator away.
        conversation.model = _model(model)
    before = conversation.system_prompt
    conversation.system_prompt = incoming.prompt(lambda: conversation.owner, checked_prompt(system_prompt), before)
    conversation.temperature = temperature
    conversation.thinking = thinking
    conversation.save(update_fields=["model", "system_prompt", "temperature", "thinking"])
    on_commit(user_topic(conversation.owner_id), conversation_changed(conversation))
    return conversation


def delete(conversation: Conversation) -> None:
    """Deletes the conversation with all its messages; running answers are stopped at their nodes."""
    with transaction.atomic():
        # Locked in the order in which an ending answer locks them, or the two would wait for each other for ever.
        list(conversation.generations.order_by("pk").select_for_update().values_list("pk"))
        Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
        # Looked at only now: one more may have been asked for while this waited for the conversation.
        under_way = list(conversation.generations.exclude(state__in=ENDED))
        owed = {row.pk: costs.so_far(row, generations.stored(row.pk).text) for row in under_way if row.state in HELD}
        for pk in owed:
            control_on_commit("stop", str(pk))
        key = conversation.pk
        attachments.sweep_after(conversation)
        if conversation.has_files:
            sweep_artifacts.enqueue()
        conversation.delete()
        for row in under_way:
            if row.pk in owed:
                # Its machine still tells what it read and wrote; else it costs what the site knows of now.
                budgets.leave(row.pk, owed[row.pk], timezone.now() + DELETED_SETTLES)
            else:
                budgets.settle(row.pk, row.spent)
        on_commit(user_topic(conversation.owner_id), ConversationDeleted(conversation=key))
        on_commit(conversation_topic(key), ConversationDeleted(conversation=key))
        control_on_commit("queue")


def send(
    user: User, conversation: UUID, request: UUID, text: str, offline: Offline = "wait", files: Sequence[UUID] = ()
) -> Asked:
    """Stores a question and asks for its answer. Sending the same ``request`` again changes nothing and returns the
    same. With ``files``, uploads of one's own, the text may be empty.

    Raises LimitReached when too many already wait, Invalid when an answer is still being written here; nothing is
    stored then.
    """
    text, found = let_in(user, conversation, written(text, empty=bool(files)), request, files)
    ready = None
    if offline == "markov":
        ready = _by_markov(offline, access_conversation(user, conversation).model, text, user)
    with transaction.atomic():
        # A repeated request waits at this lock for the first one, and then finds what it made.
        talk = access_conversation(user, conversation, lock=True)
        here = flows.present(talk, talk.head_id)
        if earlier := checked_request(user, talk, request, queues=here is None and ready is None):
            return earlier
        uploads = attachments.chosen(user, files)
        ready = flows.reply(here, text, uploads) if here else ready
        question = new_question(talk, talk.head_id, text, uploads, titles=here is None)
        note(found, talk.pk, question.pk)
        on_commit(
            conversation_topic(talk.pk),
            MessageAdded(conversation=talk.pk, message=message_out(question), request=request),
        )
        return add_answer(user, talk, question, request, ready, uploads)


def edit_question(user: User, message: Message, request: UUID, text: str, offline: Offline = "wait") -> Asked:
    """Asks the question ``message`` again in other words: a version beside it, whose answer becomes the one that is shown. What
    was there stays. Raises as :func:`send`."""
    if message.role != Message.Role.USER:
        raise Invalid(gettext("Only a question can be asked again in other words."), code="not_a_question")
    text, found = let_in(user, message.conversation_id, written(text, empty=bool(message.attached)), request)
    ready = _by_markov(offline, message.conversation.model, text, user)
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        here = flows.present(talk, message.parent_id)
        if earlier := checked_request(user, talk, request, queues=here is None and ready is None):
            return earlier
        _still_there(message)
        uploads = attachments.of_message(message)
        ready = flows.reply(here, text, uploads) if here else ready
        question = new_question(talk, message.parent_id, text, uploads, titles=here is None)
        note(found, talk.pk, question.pk)
        return add_answer(user, talk, question, request, ready, uploads, replaces=message.pk, beside=True)


def regenerate(user: User, message: Message, request: UUID, offline: Offline = "wait", route: str = "") -> Asked:
    """Asks again for the answer ``message``, or for one to the question ``message``: a new one beside those that are there,
    which becomes the one that is shown. ``route`` is the key of the one it is to take."""
    answers = message.role == Message.Role.ASSISTANT
    question = message.parent if answers else message
    if question is None:
        raise Invalid(gettext("There is no question that this answers."), code="not_an_answer")
    ready = _by_markov(offline, message.conversation.model, question.content, user)
    with transaction.atomic():
        conversation = access_conversation(user, message.conversation_id, lock=True)
        here = flows.present(conversation, question.parent_id)
        if earlier := checked_request(user, conversation, request, queues=here is None and ready is None):
            return earlier
        _still_there(message)
        replaces = message.pk if answers else None
        uploads = attachments.of_message(question)
        ready = flows.again(here, question, message) if here else ready
        return add_answer(
            user, conversation, question, request, ready, uploads, replaces=replaces, old=True, route=route
        )


def go_on(user: User, message: Message, request: UUID) -> Asked:
    """Continues an answer that was cut, in the same message: what is there, thinking too, is what the model goes on from.

    Raises Invalid for any answer but the last of the shown branch, and for one that was not cut; otherwise as :func:`send`.
    """
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        if earlier := checked_request(user, talk, request, queues=True):
            return earlier
        row = _still_there(message)
        last = latest_generation(row)
        if talk.head_id != row.pk:
            raise Invalid(gettext("Only the last answer of the conversation can be continued."), code="not_the_last")
        if last is None or not may_go_on(last, row):
            raise Invalid(gettext("This answer is complete; there is nothing to continue."), code="not_cut")
        now, key, length = timezone.now(), uuid4(), len(row.thinking)
        chosen = choosing.same(user, last)
        who = chosen.preferences(stage.preferences(talk))
        sampling = allowance.sampling(user, talk, who, key, before=row.pk, length=0)
        generation = new_generation(user, talk, row, key, request, now, sampling, who.model, continues=True)
        chosen.note(generation)
        generation.blind = last.blind
        if talk.comparison_id is not None:
            # Else an answer would be compared as one model's that another has written the end of.
            generation.model = last.model
        preparing.enter(generation, user, talk)
        kept.add_generation.run(generation)
        # Where a running answer's text lies: whoever reads it, or takes it over, finds it as if this attempt had written it.
        Chunk.objects.create(generation=generation, offset=0, text=row.thinking + row.content, thinking=length)
        kept.move_head.run(id=talk.pk, head=row.pk, updated=now, title=talk.title)
        talk.updated = now
        _tell(talk, row, generation, request)
        control_on_commit(preparing.hint(generation))
        return Asked(key, talk.pk, row.pk)


def _by_markov(offline: Offline, model: str, text: str, user: User) -> Ready | None:
    wanted = offline == "markov" and model != queueing.PERSON
    reply = markov.reply_if_offline(model, text, user.pk) if wanted else None
    return Ready(outgoing.plain(reply, user.pk), Message.Source.MARKOV, "markov") if reply else None


def new_question(
    talk: Conversation, parent: UUID | None, text: str, uploads: Sequence[Upload], *, titles: bool = True
) -> Message:
    """Not stored yet. ``titles``: a conversation without a title gets one from it."""
    if titles and not talk.title:
        talk.title = title_from_question(text or asking.names_of(uploads))
    question = Message(
        conversation=talk, parent_id=parent, role=Message.Role.USER, source=Message.Source.PERSON,
        content=text, html=plain_html(text) if text else "", created=timezone.now(),
    )  # fmt: skip
    showing.known(question, uploads)
    return question


def _still_there(message: Message) -> Message:
    """As it is now, under the conversation's lock: what was deleted in the meantime is not asked about."""
    row = Message.objects.filter(pk=message.pk, removed=None).first()
    if row is None:
        raise NotFound(gettext("This message was deleted."))
    return row


def add_answer(
    user: User,
    conversation: Conversation,
    question: Message,
    request: UUID,
    ready: Ready | None,
    uploads: Sequence[Upload],
    replaces: UUID | None = None,
    old: bool = False,
    beside: bool = False,
    route: str = "",
) -> Asked:
    """Within the asking transaction: the question, which has ``uploads``, if it is not an ``old`` one, the answer, empty unless it is ``ready``, its generation, the new head.
    ``beside``: the question is a new version of ``replaces``. ``route``: the one that was asked for."""
    now = timezone.now()
    who = stage.Preferences(ready.speaker) if ready else stage.preferences(conversation)
    chosen = choosing.NONE if ready else choosing.choose(user, conversation, who, question, uploads, route)
    who = chosen.preferences(who)
    answer = Message(
        conversation=conversation, parent=question, role=Message.Role.ASSISTANT, created=now,
        source=ready.source if ready else Message.Source.MODEL,
        content=ready.text if ready else "", html=render_markdown(ready.text) if ready else "",
        model=ready.by if ready and not ready.of_flow else "", speaker=who.speaker,
    )  # fmt: skip
    key = uuid4()
    sampling: dict[str, Any] = {}
    sight = asking.checked(conversation, uploads, chosen.named(conversation, who), by_model=ready is None)
    if ready is None:
        length = len(question.content) + asking.length_of(uploads)
        sampling = allowance.sampling(user, conversation, who, key, before=question.parent_id, length=length)
    if old:
        kept.add_message.run(answer)
    else:
        kept.add_question_and_answer.run(question, answer)
        asking.tie(conversation, question, uploads)
    generation = new_generation(user, conversation, answer, key, request, now, sampling, who.model)
    generation.sight = sight
    chosen.note(generation)
    generation.file_asked = ready is None and wishes.asks(question.content, changes=conversation.has_files)
    if ready:
        ready.end(generation, now)
    else:
        preparing.enter(generation, user, conversation)
    kept.add_generation.run(generation)
    leave(conversation)
    conversation.head, conversation.updated = answer, now
    kept.move_head.run(id=conversation.pk, head=answer.pk, updated=now, title=conversation.title)
    if beside:
        shown = message_out(question, place=tree.place(question))
        on_commit(
            conversation_topic(conversation.pk),
            MessageAdded(conversation=conversation.pk, message=shown, request=request, replaces=replaces),
        )
    _tell(conversation, answer, generation, request, None if beside else replaces, among=old)
    if ready is None:
        control_on_commit(preparing.hint(generation))
    return Asked(generation.pk, conversation.pk, answer.pk)


def _tell(
    talk: Conversation,
    answer: Message,
    generation: Generation,
    request: UUID,
    replaces: UUID | None = None,
    *,
    among: bool = False,
) -> None:
    shown = message_out(answer, generation, tree.place(answer) if among else None)
    on_commit(
        conversation_topic(talk.pk),
        MessageAdded(conversation=talk.pk, message=shown, request=request, replaces=replaces),
    )
    on_commit(user_topic(talk.owner_id), conversation_changed(talk))


def new_generation(
    user: User,
    talk: Conversation,
    answer: Message,
    key: UUID,
    request: UUID,
    now: datetime.datetime,
    sampling: dict[str, Any],
    preferred: str,
    *,
    continues: bool = False,
) -> Generation:
    return Generation(
        pk=key, conversation=talk, message=answer, user=user, request=request, trace=current_request_id() or "",
        model=talk.model or preferred, concurrency=user.tier.concurrency, created=now, rank=int(now.timestamp() * 1000),
        sampling=sampling, state=State.QUEUED, continues=continues, sight=asking.earlier(talk),
    )  # fmt: skip


def stop(generation: Generation) -> None:
    """Stops an answer. The page hears ``generation.finished`` when it is really over."""
    if generation.ended:
        return
    if not generations.request_stop(generation):
        queueing.announce_stopping(generation)


def checked_request(user: User, conversation: Conversation, request: UUID, *, queues: bool) -> Asked | None:
    """What the same request made before, if anything. Raises where an answer may not be asked for now: one is under way
    here, or as many wait as may.

    The bound on waiting is exact under concurrency, since PostgreSQL serialises this step by a lock and SQLite's
    transaction is exclusive.
    """
    queueing.lock_for_enqueue()
    running = False
    rows = kept.asked_or_under_way.rows(user=user.pk, request=request, conversation=conversation.pk)
    for pk, talk, answer, by, made_by in rows:
        if by == user.pk and made_by == request and answer is not None:
            return Asked(pk, talk, answer, repeated=True)
        running = running or talk == conversation.pk
    if running:
        raise Invalid(gettext("An answer is still being written here. Stop it or wait for it."), code="answer_running")
    may_ask("chat", user)
    waiting = kept.answers_waiting.first() or 0
    if queues and waiting >= settings.QUEUE_MAX_WAITING:
        raise LimitReached(
            gettext(
                "{waiting} answers are waiting already, and that is the most this site takes. Your message was not sent; try again in a moment."
            ).format(waiting=waiting),
            code="queue_full",
            retry_after=queueing.retry_after(),
        )
    return None


def _model(alias: str) -> str:
    if len(alias) > 100 or alias.startswith("@"):
        raise Invalid(gettext("This is not the name of a model."), code="model_unknown")
    return alias
