"""Verbs of what models remember of a conversation: pinned messages, and summaries made, changed and deleted by hand."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat import generations, tree
from chat.access import access_conversation
from chat.bus import on_commit
from chat.context import summaries
from chat.context.events import ContextChanged
from chat.context.limits import MAX_PINNED, MAX_SUMMARY
from chat.context.reading import Machine
from chat.events import MessageChanged
from chat.hub import conversation_topic
from chat.messages import latest_generation, message_out
from chat.models import Checkpoint, Conversation, Message
from chat.wording import written
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.languages import number


def pin(user: User, message: Message, pinned: bool = True) -> Message:
    """Has models read ``message`` however old it is, or no longer. Raises Invalid for more than MAX_PINNED."""
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        row = Message.objects.filter(pk=message.pk, removed=None).first()
        if row is None:
            raise NotFound(gettext("This message was deleted."))
        if row.pinned == pinned:
            return row
        there = Message.objects.filter(conversation=talk.pk, pinned=True, removed=None).count()
        if pinned and there >= MAX_PINNED:
            words = gettext("A conversation has at most {most} pinned messages. Unpin one first.").format(
                most=MAX_PINNED
            )
            raise Invalid(words, code="too_many_pinned")
        row.pinned = pinned
        row.save(update_fields=["pinned"])
        last = latest_generation(row)
        if last is None or last.ended:
            shown = message_out(row, last, tree.place(row), len(row.thinking))
            on_commit(conversation_topic(talk.pk), MessageChanged(conversation=talk.pk, message=shown))
    return row


def summarise(user: User, conversation: Conversation) -> Checkpoint:
    """Asks for a summary of the older part of the branch that is shown. Raises as :func:`chat.context.summaries.begin`."""
    with transaction.atomic():
        talk = access_conversation(user, conversation.pk, lock=True)
        if talk.head_id is None:
            raise Invalid(gettext("There is too little here to be summarised."), code="too_short")
        return summaries.begin(user, talk, talk.head_id, Machine(talk.model, None), by_hand=True)


def edit(user: User, checkpoint: Checkpoint, text: str) -> Checkpoint:
    """Puts ``text`` in the place of a summary's. Raises Invalid while a model writes it, and for an empty or too long one."""
    text = written(text)
    if len(text) > MAX_SUMMARY:
        words = gettext("A summary has at most {most} characters; this one has {length}.")
        raise Invalid(words.format(most=number(MAX_SUMMARY), length=number(len(text))), code="too_long")
    with transaction.atomic():
        talk = access_conversation(user, checkpoint.conversation_id, lock=True)
        rows = Checkpoint.objects.filter(pk=checkpoint.pk)
        if not rows.exclude(text="").update(text=text, edited=timezone.now()):
            if rows.exists():
                raise Invalid(gettext("This summary is still being written."), code="summary_running")
            raise NotFound(gettext("This summary was deleted."))
        _tell(talk.pk)
        return rows.get()


def delete(user: User, checkpoint: Checkpoint) -> None:
    """Has models read the messages again, or the summary before it. Of one that came by itself no other comes by itself after it."""
    with transaction.atomic():
        talk = access_conversation(user, checkpoint.conversation_id, lock=True)
        gone, _rows = Checkpoint.objects.filter(pk=checkpoint.pk).delete()
        if not gone:
            raise NotFound(gettext("This summary was deleted."))
        Message.objects.filter(pk=checkpoint.message_id).update(summed_up=False)
        if not checkpoint.by_hand:
            Conversation.objects.filter(pk=talk.pk).update(summaries=False)
        _tell(talk.pk)
    # Afterwards: an ending generation locks its own row before the conversation's.
    if not checkpoint.text and checkpoint.generation is not None and not checkpoint.generation.ended:
        generations.request_stop(checkpoint.generation)


def by_themselves(user: User, conversation: Conversation, wanted: bool) -> None:
    """Whether older turns of this conversation are summed up without being asked for."""
    with transaction.atomic():
        talk = access_conversation(user, conversation.pk, lock=True)
        Conversation.objects.filter(pk=talk.pk).update(summaries=wanted)
        _tell(talk.pk)


def _tell(conversation: UUID) -> None:
    on_commit(conversation_topic(conversation), ContextChanged(conversation=conversation))
