"""An administrator answers in place of the model: takes a conversation over, writes in it, hands it back.

While a person answers, the conversation's model is :data:`PERSON`, which no machine offers: questions wait in the queue as they would for
a machine that is away, and what the administrator writes becomes their answer.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from chat import actions, measuring, preparing, tree
from chat.attachments import actions as attachments
from chat.bus import control_on_commit, on_commit
from chat.events import ConversationUnread, MessageChanged
from chat.hub import conversation_topic, user_topic
from chat.messages import conversation_changed, finished_out, latest_generation, message_out, rendered
from chat.models import Chunk, Conversation, Generation, LaterThinking, Message
from chat.queueing import PERSON
from chat.ready import Ready
from chat.tools import steps
from chat.wording import written
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.errors import Invalid, NotFound
from meatlizard.jobs.lease import ENDED, HELD, State
from meatlizard.moderation.actions import audit

__all__ = ["PERSON", "answer", "hand_back", "take_over"]


def take_over(by: User, conversation: UUID) -> str:
    """From now on no model answers there. An answer that is being written is stopped. Returns the model that was chosen until now."""
    with transaction.atomic():
        talk, under_way = _locked(conversation)
        former = talk.model
        if former != PERSON:
            _set_model(talk, PERSON, under_way)
            audit.record(by, "take over", f"conversation {talk.pk}", person=talk.owner_id)
    for row in under_way:
        if row.state in HELD:
            actions.stop(row)
    return former


def hand_back(by: User, conversation: UUID, former: str) -> bool:
    """The model ``former`` answers again, what waits included. False when nobody had taken it over."""
    with transaction.atomic():
        talk, under_way = _locked(conversation)
        if talk.model != PERSON:
            return False
        _set_model(talk, "" if former == PERSON else former, under_way)
        audit.record(by, "hand back", f"conversation {talk.pk}", person=talk.owner_id)
    return True


def answer(by: User, name: str, conversation: UUID, request: UUID, text: str) -> Message:
    """What ``by``, called ``name``, writes in place of the model: the answer to the question that waits; more of what the same hand
    wrote just now; or another version of what the model answered last. The owner sees whose it is.

    Raises Invalid while a model is still writing, and NotFound where nothing was asked.
    """
    text = written(text)
    html = rendered(text, request)
    speaker = gettext("{name}, administrator").format(name=name)[:100]
    with transaction.atomic():
        talk, under_way = _locked(conversation)
        audit.record(by, "answer in place of the model", f"conversation {talk.pk}", person=talk.owner_id)
        if any(row.state in HELD for row in under_way):
            raise Invalid(gettext("The model is still writing. Wait until it has stopped."), code="answer_running")
        if under_way:
            return _fill(talk, under_way[0], speaker, text, html)
        last = Message.objects.filter(pk=talk.head_id, removed=None).first() if talk.head_id else None
        if last is None or last.parent is None or last.role != Message.Role.ASSISTANT:
            raise NotFound(gettext("Nothing was asked yet that could be answered."))
        if last.source == Message.Source.STAFF and last.speaker == speaker:
            return _extend(last, text)
        owner = User.objects.select_related("tier").get(pk=talk.owner_id)
        ready = Ready(text, Message.Source.STAFF, "", speaker)
        question = last.parent
        uploads = attachments.of_message(question)
        made = actions.add_answer(owner, talk, question, request, ready, uploads, replaces=last.pk, old=True)
        return Message.objects.get(pk=made.answer)


def _locked(conversation: UUID) -> tuple[Conversation, list[Generation]]:
    """And the answers under way in it: in the order in which an ending answer locks them."""
    rows = Generation.objects.filter(conversation=conversation, purpose=Generation.Purpose.ANSWER)
    under_way = list(rows.exclude(state__in=ENDED).select_for_update(of=("self",)).order_by("pk"))
    talk = Conversation.objects.select_for_update(of=("self",)).filter(pk=conversation, removed=None).first()
    if talk is None:
        raise NotFound(gettext("This conversation was deleted."))
    return talk, under_way


def _set_model(talk: Conversation, model: str, under_way: list[Generation]) -> None:
    talk.model = model
    talk.save(update_fields=["model"])
    on_commit(user_topic(talk.owner_id), conversation_changed(talk))
    for row in under_way:
        if row.state == State.QUEUED:
            if row.step:
                steps.cancel(row.pk, timezone.now())
            row.model, row.wants = model, ""
            preparing.aim(row, talk)
            # Whoever prepared it for the other model has lost it.
            Generation.objects.filter(pk=row.pk, state=State.QUEUED).update(
                model=row.model, wants=row.wants, lease_owner="", lease_until=None, lease_epoch=F("lease_epoch") + 1
            )
            control_on_commit(preparing.hint(row))


def _fill(talk: Conversation, row: Generation, speaker: str, text: str, html: str) -> Message:
    now = timezone.now()
    assert row.message_id is not None
    Chunk.objects.filter(generation=row.pk).delete()
    if row.step:
        # Of a model that nobody hears of any more.
        LaterThinking.objects.filter(generation=row.pk).delete()
    Message.objects.filter(pk=row.message_id).update(
        content=text, html=html, source=Message.Source.STAFF, speaker=speaker, model=""
    )
    Generation.objects.filter(pk=row.pk).update(
        state=State.DONE, reason="stop", answered_by="", started=now, ended_at=now, lease_epoch=F("lease_epoch") + 1
    )
    budgets.settle(row.pk, row.spent)
    Conversation.objects.filter(pk=talk.pk).update(unread=True, updated=now)
    ended = Generation.objects.select_related("message", "node").get(pk=row.pk)
    assert ended.message is not None
    measuring.ended(ended)
    on_commit(conversation_topic(talk.pk), finished_out(ended))
    on_commit(user_topic(talk.owner_id), ConversationUnread(conversation=talk.pk, unread=True))
    control_on_commit("queue")
    return ended.message


def _extend(last: Message, text: str) -> Message:
    last.content = written(f"{last.content}\n\n{text}")
    last.html = rendered(last.content, last.pk)
    last.save(update_fields=["content", "html"])
    shown = message_out(last, latest_generation(last), tree.place(last))
    on_commit(
        conversation_topic(last.conversation_id), MessageChanged(conversation=last.conversation_id, message=shown)
    )
    return last
