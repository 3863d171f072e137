"""Whose facts are more than an answer has room for, as each process remembers it: asking costs no query, as with
:mod:`chat.knowledge.standing`.
"""

import threading

from django.db import transaction

from chat.models import Conversation, Memory

_lock = threading.Lock()
_many: frozenset[int] | None = None


def asks(conversation: Conversation) -> bool:
    """Whether it is looked up before an answer here which facts bear on the question."""
    return conversation.memory and conversation.place == "web" and conversation.owner_id in (_many or ())


def refresh() -> None:
    """One small query, by an index of those alone."""
    global _many
    with _lock:
        _many = frozenset(Memory.objects.filter(many=True, on=True).values_list("owner", flat=True))


def changed() -> None:
    """To be called in the transaction that changes it."""
    transaction.on_commit(refresh)


def forget() -> None:
    global _many
    with _lock:
        _many = None
