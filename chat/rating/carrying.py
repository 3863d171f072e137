"""Ratings on their way out of the site and into it, with the answers they are of."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chat.models import Conversation, Message, Rating

FIELDS = ("value", "reason", "comment", "created", "updated")


def of(talk: Conversation) -> dict[UUID, dict[str, Any]]:
    """The owner's ratings, by message. That operators may read one is a promise between two, and stays here."""
    rows = Rating.objects.filter(message__conversation=talk.pk, user=talk.owner_id).order_by()
    return {row.message_id: {name: getattr(row, name) for name in FIELDS} for row in rows}


def put(owner: int, messages: Mapping[UUID, Message], found: Mapping[UUID, dict[str, Any]]) -> None:
    """Ratings of messages that were just written."""
    Rating.objects.bulk_create(
        Rating(message=messages[key], user_id=owner, model=messages[key].model, **fields)
        for key, fields in found.items()
        if key in messages and messages[key].role == Message.Role.ASSISTANT
    )
