"""The side bar: one owner's conversations, newest first, a page at a time by key and not by number, so that new ones do
not shift it.
"""

import base64
import datetime
from uuid import UUID

from django.db.models import Q

from chat.events import ConversationOut
from chat.messages import conversation_out
from chat.models import Conversation
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

PAGE = 50


def page(owner: User, before: str = "") -> tuple[list[ConversationOut], str | None]:
    """A page and the cursor of the next, None after the last. Raises Invalid for a cursor that is none of ours."""
    rows = Conversation.objects.filter(owner=owner.pk)
    if before:
        updated, key = _parse(before)
        rows = rows.filter(Q(updated__lt=updated) | Q(updated=updated, pk__lt=key))
    found = list(rows.order_by("-updated", "-id")[: PAGE + 1])
    cursor = _cursor(found[PAGE - 1]) if len(found) > PAGE else None
    return [conversation_out(row) for row in found[:PAGE]], cursor


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
        raise Invalid("This place in the list does not exist.", code="bad_cursor") from None
