"""What each process remembers of who answers from collections, so that an answer that needs none costs no query.

A conversation's own collections stand in its row. Which personas have some is looked up every :data:`FRESH_SECONDS` by whoever serves
(:mod:`chat.services`); what is changed in this process holds here at once.
"""

import threading
from uuid import UUID

from django.db import transaction

from chat.models import Conversation, PersonaCollection

FRESH_SECONDS = 2.0

_lock = threading.Lock()
_speaking: frozenset[UUID] | None = None
"""Versions of personas that have collections."""


def asks(conversation: Conversation) -> bool:
    """Whether passages are looked for before an answer here. No query, whatever calls it."""
    return bool(conversation.collections) or asks_persona(conversation)


def asks_persona(conversation: Conversation) -> bool:
    return conversation.persona_version_id is not None and conversation.persona_version_id in (_speaking or ())


def refresh() -> None:
    """One small query."""
    global _speaking
    with _lock:
        rows = PersonaCollection.objects.filter(collection__removed=None, persona__removed=None)
        _speaking = frozenset(rows.values_list("persona__versions", flat=True).distinct())


def changed() -> None:
    """To be called in the transaction that changes them."""
    transaction.on_commit(refresh)


def forget() -> None:
    global _speaking
    with _lock:
        _speaking = None
