"""Verbs of the tree of a conversation: which branch is shown, answers edited by hand, branches deleted, brought back and copied."""

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat import tree
from chat.access import access_conversation
from chat.actions import stop
from chat.artifacts import carrying, looking
from chat.attachments.actions import copy_to
from chat.bus import on_commit
from chat.context import blocks
from chat.events import BranchShown, MessageChanged
from chat.hub import conversation_topic, user_topic
from chat.messages import conversation_changed, latest_generation, message_out, rendered, without_hidden
from chat.models import Conversation, Generation, Message
from chat.moderating.incoming import let_in, note
from chat.tools import carrying as calls
from chat.tools import citing
from chat.wording import written
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.jobs.lease import ENDED
from meatlizard.languages import number

MAX_COPIED = 5_000
"""Messages of a branch that one request copies."""


def show(user: User, message: Message) -> UUID | None:
    """Shows the branch through ``message``, to the newest message below it. Returns the end of what is shown."""
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        rows = tree.read(talk.pk)
        if message.pk not in rows:
            raise NotFound(gettext("This message was deleted."))
        if message.pk not in tree.path(rows, talk.head_id):
            move(talk, tree.end_of(rows, message.pk))
        return talk.head_id


def edit_answer(user: User, message: Message, text: str) -> Message:
    """Puts ``text`` in the place of an answer's, and marks it as edited. What was thought before it stays.

    Raises Invalid for a question (which is asked again instead), and while the answer is being written.
    """
    text, found = let_in(user, message.conversation_id, written(text))
    if message.role != Message.Role.ASSISTANT:
        raise Invalid(gettext("A question is not changed; it is asked again in other words."), code="not_an_answer")
    # Outside of the transaction: it takes as long as the text is long.
    html = rendered(text, message.pk)
    html = citing.cited(html, message.pk) if message.cited else html
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        row = Message.objects.filter(pk=message.pk, removed=None).first()
        if row is None:
            raise NotFound(gettext("This message was deleted."))
        last = latest_generation(row)
        if last is not None and not last.ended:
            raise Invalid(gettext("This answer is still being written. Stop it or wait for it."), code="answer_running")
        note(found, talk.pk, row.pk)
        row.content, row.html, row.edited = text, html, timezone.now()
        row.save(update_fields=["content", "html", "edited"])
        looking.after(row.pk, text, False)
        shown = message_out(row, last, tree.place(row), len(row.thinking))
        on_commit(conversation_topic(talk.pk), MessageChanged(conversation=talk.pk, message=shown))
    return row


def remove(user: User, message: Message) -> int:
    """Deletes ``message`` with all that follows it, so that :func:`restore` may bring it back. Answers under way in it are stopped.
    Returns how many messages went."""
    with transaction.atomic():
        _lock_under_way(message.conversation_id)
        talk = access_conversation(user, message.conversation_id, lock=True)
        rows = tree.read(talk.pk)
        if message.pk not in rows:
            raise NotFound(gettext("This message was deleted already."))
        gone = tree.below(rows, message.pk)
        _set_removed(talk, gone)
        left = {pk: parent for pk, parent in rows.items() if pk not in set(gone)}
        if talk.head_id not in left:
            beside = message.parent_id
            move(talk, tree.end_of(left, beside) if beside in left else tree.end_of(left, None))
        else:
            _announce(talk)
    # Afterwards: an ending answer locks its own row before the conversation's.
    within = set(gone)
    for generation in Generation.objects.filter(conversation=talk.pk).exclude(state__in=ENDED):
        if generation.message_id in within:
            stop(generation)
    return len(gone)


def _lock_under_way(conversation: UUID) -> None:
    """In the order in which an ending answer locks itself, its message and the conversation, or the two could wait for each other."""
    rows = Generation.objects.filter(conversation=conversation).exclude(state__in=ENDED).order_by("pk")
    list(rows.select_for_update().values_list("pk"))


def _set_removed(talk: Conversation, keys: list[UUID]) -> None:
    now = timezone.now()
    for at in range(0, len(keys), 500):
        Message.objects.filter(conversation=talk.pk, pk__in=keys[at : at + 500]).update(removed=now)


def restore(user: User, message: Message) -> UUID | None:
    """Brings back what was deleted together with ``message``, and shows it. Returns the end of what is shown."""
    with transaction.atomic():
        _lock_under_way(message.conversation_id)
        talk = access_conversation(user, message.conversation_id, lock=True)
        row = Message.objects.filter(pk=message.pk).only("pk", "removed", "parent").first()
        if row is None:
            raise NotFound(gettext("It is too late: this message was deleted for good."))
        if row.removed is None:
            return talk.head_id
        parent = row.parent_id
        if parent and Message.objects.filter(pk=parent).exclude(removed=None).exclude(removed=row.removed).exists():
            raise Invalid(gettext("What this answered was deleted too. Bring that back first."), code="parent_deleted")
        Message.objects.filter(conversation=talk.pk, removed=row.removed).update(removed=None)
        rows = tree.read(talk.pk)
        move(talk, tree.end_of(rows, row.pk))
        return talk.head_id


def fork(user: User, message: Message) -> Conversation:
    """A new conversation that begins with a copy of everything from the first message down to ``message``.

    Raises Invalid while that answer is being written, and for more than MAX_COPIED messages.
    """
    with transaction.atomic():
        talk = access_conversation(user, message.conversation_id, lock=True)
        path = tree.path(tree.read(talk.pk), message.pk)
        if not path:
            raise NotFound(gettext("This message was deleted."))
        if len(path) > MAX_COPIED:
            raise Invalid(
                gettext("A copy has at most {most} messages; this has {count}.").format(
                    most=number(MAX_COPIED), count=number(len(path))
                ),
                code="too_long",
            )
        if Generation.objects.filter(message=message.pk).exclude(state__in=ENDED).exists():
            raise Invalid(gettext("This answer is still being written. Stop it or wait for it."), code="answer_running")
        copy = Conversation.objects.create(
            owner=user, updated=timezone.now(), title=_title(talk.title),
            title_by_owner=True, **_settings(talk),
        )  # fmt: skip
        parent: Message | None = None
        found = without_hidden(talk, list(Message.objects.filter(conversation=talk.pk, removed=None)))
        rows = {row.pk: row for row in found}
        copies = []
        for pk in path:
            parent = _copied(rows[pk], copy, parent)
            copies.append(parent)
        Message.objects.bulk_create(copies, batch_size=100)
        blocks.copy([rows[pk] for pk in path], copies)
        copied = dict(zip(path, copies, strict=True))
        copy_to(copied)
        carrying.copy_to(talk, copy, copied)
        calls.copy_to([rows[pk] for pk in path], copied)
        copy.head = parent
        copy.save(update_fields=["head"])
        on_commit(user_topic(user.pk), conversation_changed(copy))
    return copy


def _settings(talk: Conversation) -> dict[str, Any]:
    return {
        name: getattr(talk, name)
        for name in (
            "model",
            "system_prompt",
            "temperature",
            "thinking",
            "folder_id",
            "persona_version_id",
            "flow_id",
            "called",
            "books",
            "collections",
            "memory",
            "summaries",
            "images",
        )
    }


def _copied(row: Message, place: Conversation, parent: Message | None) -> Message:
    names = (
        "role", "source", "content", "html", "thinking", "model", "speaker", "tokens", "created", "edited", "pinned", "summed_up",
        "attached", "called", "cited",
    )  # fmt: skip
    return Message(pk=uuid4(), conversation=place, parent=parent, **{name: getattr(row, name) for name in names})


def move(talk: Conversation, head: UUID | None) -> None:
    talk.head_id = head
    Conversation.objects.filter(pk=talk.pk).update(head=head)
    _announce(talk)


def _announce(talk: Conversation) -> None:
    on_commit(conversation_topic(talk.pk), BranchShown(conversation=talk.pk, head=talk.head_id))


def _title(title: str) -> str:
    named = gettext("Fork of {title}").format(title=title) if title else gettext("Fork of a conversation")
    return named[:200]
