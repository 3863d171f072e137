"""Summaries on their way out of the site and into it, with the messages they hang on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chat.models import Checkpoint, Conversation, Message

FIELDS = ("text", "by_hand", "model", "created", "edited")


def of(talk: Conversation) -> dict[UUID, dict[str, Any]]:
    """By message; one that is being written is not there yet."""
    rows = Checkpoint.objects.filter(conversation=talk.pk).exclude(text="").order_by()
    return {row.message_id: {name: getattr(row, name) for name in FIELDS} for row in rows}


def put(talk: Conversation, messages: Mapping[UUID, Message], found: Mapping[UUID, dict[str, Any]]) -> None:
    """Summaries of messages that were just written."""
    Checkpoint.objects.bulk_create(
        Checkpoint(conversation=talk, message=messages[key], **fields)
        for key, fields in found.items()
        if key in messages
    )
