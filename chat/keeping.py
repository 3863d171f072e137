"""Verbs that keep order among one's conversations: pins, archive, folders, tags, unread marks, trash.

Each takes any number of conversations at once and carries out all or nothing.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from chat import actions
from chat.access import access_folder
from chat.attachments.jobs import sweep_attachments
from chat.bus import on_commit
from chat.events import ConversationDeleted, ConversationUnread, ListChanged
from chat.hub import conversation_topic, user_topic
from chat.models import Conversation, Generation, Message
from chat.models.conversations import Folder, Tag
from chat.moderating import incoming
from chat.prompting.layers import Place
from chat.transcripts import actions as transcripts
from chat.wording import checked_prompt
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.jobs.lease import ENDED
from meatlizard.languages import number

MAX_AT_ONCE = 500
MAX_FOLDERS = 200
MAX_DEPTH = 5
MAX_TAGS = 20
TRASH_DAYS = 30

Mark = Literal["pin", "unpin", "archive", "unarchive", "read", "unread"]

_MARKS: dict[str, dict[str, bool]] = {
    "pin": {"pinned": True},
    "unpin": {"pinned": False},
    "archive": {"archived": True, "pinned": False},
    "unarchive": {"archived": False},
    "read": {"unread": False},
    "unread": {"unread": True},
}
_BLANKS = re.compile(r"\s+")


def mark(owner: User, keys: Sequence[UUID], do: Mark) -> int:
    """Pins, archives, marks as unread, or the contrary. Returns how many."""
    with transaction.atomic():
        count = _theirs(owner, keys).update(**_MARKS[do])
        if do == "archive":
            transcripts.archived(owner, keys)
        return count


def move(owner: User, keys: Sequence[UUID], folder: UUID | None) -> int:
    """Into a folder, or out of any."""
    with transaction.atomic():
        place = access_folder(owner, folder) if folder else None
        return _theirs(owner, keys).update(folder=place)


def tag(owner: User, keys: Sequence[UUID], name: str) -> int:
    """Raises Invalid for a tag that is none, and where a conversation would have too many."""
    name = tag_name(name)
    with transaction.atomic():
        rows = list(_theirs(owner, keys).select_for_update().order_by("pk").values_list("pk", flat=True))
        for pk in rows:
            here = set(Tag.objects.filter(conversation=pk).values_list("name", flat=True))
            if len(here | {name}) > MAX_TAGS:
                raise Invalid(
                    gettext("A conversation has at most {most} tags.").format(most=number(MAX_TAGS)),
                    code="too_many_tags",
                )
        Tag.objects.bulk_create([Tag(conversation_id=pk, name=name) for pk in rows], ignore_conflicts=True)
        return len(rows)


def untag(owner: User, keys: Sequence[UUID], name: str) -> int:
    with transaction.atomic():
        Tag.objects.filter(conversation__in=_theirs(owner, keys), name=tag_name(name)).delete()
        return len(keys)


def tag_name(text: str) -> str:
    """As it is stored: small, without blanks and ``#``."""
    name = _BLANKS.sub("-", text.strip().lstrip("#").strip()).lower()
    if not name or len(name) > 40 or not name.isprintable():
        raise Invalid(gettext("A tag has 1 to 40 letters, digits and signs."), code="bad_tag")
    return name


def discard(owner: User, keys: Sequence[UUID]) -> int:
    """Into the trash, from which :func:`bring_back` takes them for TRASH_DAYS. Their running answers are stopped at once."""
    with transaction.atomic():
        rows = _theirs(owner, keys)
        count = rows.update(removed=timezone.now())
        for key in keys:
            on_commit(conversation_topic(key), ConversationDeleted(conversation=key))
            on_commit(user_topic(owner.pk), ConversationDeleted(conversation=key))
    # Afterwards: an ending answer locks its own row before the conversation's.
    for generation in Generation.objects.filter(conversation__in=keys).exclude(state__in=ENDED):
        actions.stop(generation)
    return count


def bring_back(owner: User, keys: Sequence[UUID]) -> int:
    with transaction.atomic():
        return _theirs(owner, keys, removed=True).update(removed=None)


def erase(owner: User, keys: Sequence[UUID]) -> int:
    """For good, what is in the trash. Returns how many."""
    rows = list(_theirs(owner, keys, removed=True))
    for row in rows:
        actions.delete(row)
    return len(rows)


def seen(owner: User, conversation: UUID) -> None:
    """Somebody looks at it. Nothing happens where it was not unread, or is not theirs."""
    with transaction.atomic():
        if Conversation.objects.filter(pk=conversation, owner=owner.pk, unread=True).update(unread=False):
            on_commit(user_topic(owner.pk), ConversationUnread(conversation=conversation, unread=False))


def read_at(conversation: UUID, place: Place) -> None:
    """Where its answers are read from now on: models are told how to write there."""
    Conversation.objects.filter(pk=conversation).exclude(place=place).update(place=place)


def empty_trash(now: datetime.datetime | None = None) -> int:
    """Deletes for good what has been in anybody's trash for TRASH_DAYS: conversations, and branches of others."""
    before = (now or timezone.now()) - datetime.timedelta(days=TRASH_DAYS)
    rows = list(Conversation.objects.filter(removed__lt=before)[:MAX_AT_ONCE])
    for row in rows:
        actions.delete(row)
    # A reply of an hour ago may hang on what was deleted a month ago only if it was deleted before; so leaves need no care.
    if Message.objects.filter(removed__lt=before).delete()[0]:
        sweep_attachments.enqueue()
    return len(rows)


def _theirs(owner: User, keys: Sequence[UUID], *, removed: bool = False) -> "QuerySet[Conversation]":
    """Exactly those; the page's lists are read anew once it is done. Raises NotFound when one is not the owner's, or not there."""
    if not 0 < len(keys) <= MAX_AT_ONCE:
        raise Invalid(gettext("Choose 1 to {most} conversations.").format(most=number(MAX_AT_ONCE)), code="bad_choice")
    rows = Conversation.objects.filter(owner=owner.pk, pk__in=set(keys), removed__isnull=not removed)
    if rows.count() != len(set(keys)):
        raise NotFound(gettext("One of these conversations does not exist, or is not yours."))
    on_commit(user_topic(owner.pk), ListChanged())
    return rows.order_by()


# folders --------------------------------------------------------------------------------------------------------------


def save_folder(owner: User, folder: Folder | None, name: str, parent: UUID | None, system_prompt: str) -> Folder:
    """A new folder (None) or a changed one. Raises Invalid for a name that is taken beside it, for a folder within itself, and for
    more or deeper ones than MAX_FOLDERS and MAX_DEPTH."""
    name = _BLANKS.sub(" ", name).strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise Invalid(gettext("A folder's name has 1 to 80 characters."), code="bad_name")
    prompt = incoming.prompt(lambda: owner, checked_prompt(system_prompt), folder.system_prompt if folder else "")
    with transaction.atomic():
        # One at a time for each person, or two moves at once could put two folders into each other.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        tree = {row.pk: row for row in Folder.objects.filter(owner=owner.pk)}
        if parent is not None and parent not in tree:
            raise NotFound(gettext("This folder does not exist, or is not yours."))
        if folder is None and len(tree) >= MAX_FOLDERS:
            raise Invalid(
                gettext("You may have {most} folders.").format(most=number(MAX_FOLDERS)), code="too_many_folders"
            )
        row = folder or Folder(owner=owner)
        if any(
            other.parent_id == parent and other.name.lower() == name.lower() and other.pk != row.pk
            for other in tree.values()
        ):
            raise Invalid(gettext("There is a folder of this name in this place already."), code="name_taken")
        above = _above(tree.values(), parent)
        if row.pk in above:
            raise Invalid(gettext("A folder cannot lie within itself."), code="within_itself")
        if len(above) + _height(tree.values(), row.pk) > MAX_DEPTH:
            raise Invalid(gettext("Folders lie at most {most} deep.").format(most=number(MAX_DEPTH)), code="too_deep")
        row.name, row.parent_id, row.system_prompt = name, parent, prompt
        row.save()
        on_commit(user_topic(owner.pk), ListChanged())
    return row


def delete_folder(owner: User, folder: Folder) -> None:
    """What lies in it, folders and conversations, moves to where it lay."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        Folder.objects.filter(parent=folder).update(parent=folder.parent_id)
        Conversation.objects.filter(folder=folder).update(folder=folder.parent_id)
        folder.delete()
        on_commit(user_topic(owner.pk), ListChanged())


def _above(tree: Iterable[Folder], folder: UUID | None) -> list[UUID]:
    """The folder and those it lies in."""
    parents = {row.pk: row.parent_id for row in tree}
    found = []
    while folder is not None:
        found.append(folder)
        folder = parents.get(folder)
    return found


def _height(tree: Iterable[Folder], folder: UUID) -> int:
    """How many levels the folder and those within it take."""
    rows = list(tree)
    under = [_height(rows, row.pk) for row in rows if row.parent_id == folder]
    return 1 + max(under, default=0)
