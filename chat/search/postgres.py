"""PostgreSQL's own full-text search, by an index over an expression that needs no column of its own.

The ``simple`` configuration: words as they are written, whatever the language. Only the first MAX_INDEXED characters of a text are
indexed, since PostgreSQL refuses a text vector above 1 MiB.
"""

from typing import Any
from uuid import UUID

from django.db.models.expressions import RawSQL

from chat.models import Message
from chat.search.marks import END, START
from chat.search.query import Query, Term

MAX_INDEXED = 200_000

_VECTOR = f'to_tsvector(\'simple\', left("chat_message"."content", {MAX_INDEXED}))'
_MAKE = f"CREATE INDEX IF NOT EXISTS chat_message_search ON chat_message USING gin ({_VECTOR})"
_OPTIONS = f"StartSel={START}, StopSel={END}, MaxWords=24, MinWords=12, MaxFragments=1"


def make(cursor: Any) -> None:
    cursor.execute(_MAKE)


def matching(owner: int, query: Query, limit: int) -> list[tuple[UUID, UUID, str, str]]:
    """(message, conversation, role, snippet) of the newest of the owner's messages that fit."""
    rows = Message.objects.filter(conversation__owner=owner)
    if query.sender:
        rows = rows.filter(role=Message.Role.USER if query.sender == "me" else Message.Role.ASSISTANT)
    if query.model:
        rows = rows.filter(model__istartswith=query.model)
    if query.before:
        rows = rows.filter(created__lt=query.before)
    if query.after:
        rows = rows.filter(created__gte=query.after)
    wanted = _expression(query)
    found = list(
        rows.extra(where=[f"{_VECTOR} @@ to_tsquery('simple', %s)"], params=[wanted])  # noqa: S610
        .order_by("-created")
        .values_list("pk", "conversation", "role")[:limit]
    )
    headline = RawSQL(  # noqa: S611
        f"ts_headline('simple', left(\"chat_message\".\"content\", {MAX_INDEXED}), to_tsquery('simple', %s), %s)",
        [wanted, _OPTIONS],
    )
    keys = [pk for pk, *_ in found]
    snippets = dict(Message.objects.filter(pk__in=keys).annotate(snippet=headline).values_list("pk", "snippet"))
    return [(pk, talk, role, snippets.get(pk, "")) for pk, talk, role in found]


def _expression(query: Query) -> str:
    """In the language of ``to_tsquery``. Words hold letters, digits and underscores alone, and stand in quotes."""
    return " & ".join(f"!({_term(term)})" if term.excluded else f"({_term(term)})" for term in query.terms)


def _term(term: Term) -> str:
    words = [f"'{word}'" for word in term.words]
    if term.beginning:
        words[-1] += ":*"
    return " <-> ".join(words)
