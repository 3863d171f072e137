"""The side bar: one owner's conversations, newest first, a page at a time by key and not by number, so that new ones do
not shift it.
"""

import base64
import datetime
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from chat.events import ConversationOut
from chat.messages import conversation_out
from chat.models import Conversation
from chat.models.conversations import Folder, Tag
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

PAGE = 50
MAX_PINNED = 100
"""Shown above all others; more of them come in their place by time."""

MAX_TAGS = 200


def page(owner: User, before: str = "", view: str = "") -> tuple[list[ConversationOut], str | None]:
    """A page and the cursor of the next, None after the last; pinned ones stand at the head of the first.

    ``view``: empty for all that is not archived, ``archived``, ``trash``, ``unread``, ``folder:<id>`` or ``tag:<name>``.
    Raises Invalid for any other, and for a cursor that is none of ours.
    """
    rows = _viewed(owner, view)
    pinned: list[Conversation] = []
    if view not in ("archived", "trash"):
        pinned = list(rows.filter(pinned=True).order_by("-updated", "-id")[:MAX_PINNED])
        rows = (
            rows.filter(pinned=False) if len(pinned) < MAX_PINNED else rows.exclude(pk__in=[row.pk for row in pinned])
        )
    if before:
        updated, key = _parse(before)
        rows = rows.filter(Q(updated__lt=updated) | Q(updated=updated, pk__lt=key))
        pinned = []
    found = list(rows.order_by("-updated", "-id")[: PAGE + 1])
    cursor = _cursor(found[PAGE - 1]) if len(found) > PAGE else None
    shown = [*pinned, *found[:PAGE]]
    tags = tags_of(shown)
    return [conversation_out(row, tags.get(row.pk, ())) for row in shown], cursor


def _viewed(owner: User, view: str) -> "QuerySet[Conversation]":
    rows = Conversation.objects.filter(owner=owner.pk)
    if view == "trash":
        return rows.filter(removed__isnull=False)
    rows = rows.filter(removed=None)
    kind, _, value = view.partition(":")
    if view == "archived":
        return rows.filter(archived=True)
    rows = rows.filter(archived=False)
    if kind == "folder":
        return rows.filter(folder=_key(value))
    if kind == "tag":
        return rows.filter(tags__name=value)
    if view == "unread":
        return rows.filter(unread=True)
    if view:
        raise _no_such_list()
    return rows


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _no_such_list() from None


def _no_such_list() -> Invalid:
    return Invalid(gettext("There is no such list."), code="bad_view")


def tags_of(rows: Iterable[Conversation]) -> dict[UUID, list[str]]:
    """One query for all of them."""
    found: dict[UUID, list[str]] = {}
    for pk, name in Tag.objects.filter(conversation__in=[row.pk for row in rows]).values_list("conversation", "name"):
        found.setdefault(pk, []).append(name)
    return found


def folders(owner: User) -> list[dict[str, object]]:
    """In the order of a tree: ``id``, ``name``, ``parent``, ``depth`` from 0, ``system_prompt``."""
    below: dict[UUID | None, list[Folder]] = {}
    for row in Folder.objects.filter(owner=owner.pk).order_by("name", "pk"):
        below.setdefault(row.parent_id, []).append(row)
    found: list[dict[str, object]] = []

    def add(parent: UUID | None, depth: int) -> None:
        for row in below.get(parent, ()):
            found.append(
                {
                    "id": row.pk,
                    "name": row.name,
                    "parent": row.parent_id,
                    "depth": depth,
                    "system_prompt": row.system_prompt,
                }
            )
            add(row.pk, depth + 1)

    add(None, 0)
    return found


def tags(owner: User) -> list[str]:
    """The tags a person uses, MAX_TAGS at most."""
    rows = Tag.objects.filter(conversation__owner=owner.pk, conversation__removed=None).order_by("name")
    return list(rows.values_list("name", flat=True).distinct()[:MAX_TAGS])


def _cursor(row: Conversation) -> str:
    return base64.urlsafe_b64encode(f"{row.updated.isoformat()} {row.pk}".encode()).decode()


def _parse(cursor: str) -> tuple[datetime.datetime, UUID]:
    try:
        updated, key = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        moment = datetime.datetime.fromisoformat(updated)
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment, UUID(key)
    except ValueError:
        raise Invalid(gettext("This place in the list does not exist."), code="bad_cursor") from None
