"""Gives a conversation to somebody else, with all that belongs to it and nothing that does not."""

from collections.abc import Callable
from uuid import UUID, uuid4

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat.artifacts import carrying as artifacts
from chat.bus import on_commit
from chat.comparing.ending import leave
from chat.events import ConversationDeleted
from chat.hub import conversation_topic, user_topic
from chat.messages import conversation_changed
from chat.models import Attachment, Conversation, Share, Upload
from chat.models.conversations import Tag
from chat.tools import carrying as calls
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.jobs.lease import ENDED
from meatlizard.moderation.actions import audit
from meatlizard.storage import actions as storage


def hand_over(by: User, conversation: UUID, to: User) -> Conversation:
    """The former owner's folder, tags, links and notes on it go; whoever has it open there hears that it is gone. Files go along; those
    that other conversations of the former owner have too are copied.

    Raises Forbidden, NotFound, StorageFull for whom it is given to, and Invalid while an answer is under way.
    """
    if not (by.is_active and by.is_staff and by.has_perm("chat.change_conversation")):
        raise Forbidden(gettext("Only an operator gives somebody's conversation away."), code="not_an_operator")
    if not to.is_active or to.is_suspended:
        raise Invalid(gettext("This account is shut out: nothing can be given to it."), code="shut_out")
    undo: list[str] = []
    try:
        with transaction.atomic():
            talk = _locked(conversation)
            before = talk.owner_id
            if before == to.pk:
                raise Invalid(gettext("It is theirs already: nothing was changed."), code="nothing_to_do")
            leave(talk)
            _give_files(talk, to, undo)
            calls.leave_with_former(talk)
            Share.objects.filter(conversation=talk.pk).delete()
            Tag.objects.filter(conversation=talk.pk).delete()
            talk.owner, talk.folder, talk.called, talk.books, talk.collections = to, None, "", "", ""
            talk.pinned, talk.archived, talk.unread, talk.updated = False, False, True, timezone.now()
            talk.save(
                update_fields=[
                    "owner", "folder", "called", "books", "collections", "pinned", "archived", "unread", "updated",
                ]
            )  # fmt: skip
            audit.record(
                by, "hand over", f"conversation {talk.pk}", person=before, before={"owner": before},
                after={"owner": to.pk},
            )  # fmt: skip
            on_commit(user_topic(before), ConversationDeleted(conversation=talk.pk))
            on_commit(conversation_topic(talk.pk), ConversationDeleted(conversation=talk.pk))
            on_commit(user_topic(to.pk), conversation_changed(talk))
    except BaseException:
        for name in undo:
            default_storage.delete(name)
        raise
    return talk


def _locked(conversation: UUID) -> Conversation:
    """In the order in which an ending answer locks."""
    talk = Conversation.objects.filter(pk=conversation, removed=None).first()
    if talk is None:
        raise NotFound(gettext("This conversation does not exist, or lies in the trash."))
    list(talk.generations.order_by("pk").select_for_update().values_list("pk"))
    locked = Conversation.objects.select_for_update(of=("self",)).filter(pk=conversation, removed=None).first()
    if locked is None:
        raise NotFound(gettext("This conversation does not exist, or lies in the trash."))
    if locked.generations.exclude(state__in=ENDED).exists():
        raise Invalid(gettext("An answer is still being written here. Stop it or wait for it."), code="answer_running")
    return locked


def _give_files(talk: Conversation, to: User, undo: list[str]) -> None:
    here = Attachment.objects.filter(message__conversation=talk.pk)
    rows = list(Upload.objects.select_for_update(of=("self",)).filter(pk__in=here.values("upload")).order_by("pk"))
    others = Attachment.objects.filter(upload__in=[row.pk for row in rows]).exclude(message__conversation=talk.pk)
    shared = set(others.values_list("upload", flat=True))
    mine = [row for row in rows if row.pk not in shared]
    giver = talk.owner_id
    steps: list[tuple[int, Callable[[], None]]] = artifacts.handing_over(talk, to)
    if rows:
        steps.append((to.pk, lambda: storage.take(to, sum(row.size for row in rows))))
    if mine:
        steps.append((giver, lambda: storage.give_back(giver, sum(row.size for row in mine))))
    # One order of people, so that two who give to each other do not wait for ever.
    for _, step in sorted(steps, key=lambda pair: pair[0]):
        step()
    artifacts.hand_over(talk, to)
    Upload.objects.filter(pk__in=[row.pk for row in mine]).update(owner=to)
    for row in rows:
        if row.pk in shared:
            here.filter(upload=row.pk).update(upload=_copied(row, to, undo))


def _copied(row: Upload, to: User, undo: list[str]) -> Upload:
    names = (row.file_name, row.thumbnail_name)
    row = Upload.objects.get(pk=row.pk)
    row.pk, row.owner, row.expires = uuid4(), to, None
    row.save(force_insert=True)
    if row.stored:
        for old, new in zip(names, (row.file_name, row.thumbnail_name), strict=True):
            if default_storage.exists(old):
                with default_storage.open(old) as file:
                    undo.append(default_storage.save(new, file))
    return row
