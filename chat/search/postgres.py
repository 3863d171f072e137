"""PostgreSQL's own full-text search, by an index over an expression that needs no column of its own.

The ``simple`` configuration: words as they are written, whatever the language. Only the first MAX_INDEXED characters of a text are
indexed, since PostgreSQL refuses a text vector above 1 MiB: a word with a hyphen stands in it whole and in parts, so that a
character may weigh eight bytes there.
"""

from typing import Any
from uuid import UUID

from chat.models import Message
from chat.search.query import Folders, Query, Term, chosen

MAX_INDEXED = 100_000

_VECTOR = f'to_tsvector(\'simple\', left("chat_message"."content", {MAX_INDEXED}))'
_MAKE = f"CREATE INDEX IF NOT EXISTS chat_message_search ON chat_message USING gin ({_VECTOR})"


def make(cursor: Any) -> None:
    cursor.execute(_MAKE)


def matching(owner: int, query: Query, folders: Folders, limit: int) -> list[tuple[UUID, UUID, str]]:
    """(message, conversation, role) of the newest of the owner's messages that fit."""
    rows = Message.objects.filter(conversation__owner=owner, removed=None, conversation__removed=None)
    return list(
        chosen(rows, query, folders)
        .extra(where=[f"{_VECTOR} @@ to_tsquery('simple', %s)"], params=[_expression(query)])  # noqa: S610
        .order_by("-created")
        .values_list("pk", "conversation", "role")[:limit]
    )


def _expression(query: Query) -> str:
    """In the language of ``to_tsquery``. Words hold letters, digits and underscores alone, and stand in quotes."""
    return " & ".join(f"!({_term(term)})" if term.excluded else f"({_term(term)})" for term in query.terms)


def _term(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    if term.beginning:
        words[-1] += ":*"
    return " <-> ".join(words)
