"""Searching: titles first, then messages, the newest first in both; at most a page of conversations."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from chat.models import Conversation
from chat.search import postgres, sqlite
from chat.search.marks import END, START
from chat.search.query import Query, parse
from meatlizard.accounts.models import User

_BLANKS = re.compile(r"\s+")

MAX_CONVERSATIONS = 30
MAX_MESSAGES = 120
HITS_EACH = 3

Part = tuple[str, bool]
"""A piece of a snippet, and whether it is what was searched for."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that fits, as a piece of its text."""

    message: UUID
    role: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation with up to HITS_EACH of its messages that fit; none when its title does."""

    conversation: Conversation
    hits: tuple[Hit, ...]


def find(owner: User, text: str) -> list[Found]:
    """What of ``owner``'s own fits, MAX_CONVERSATIONS at most. Raises Invalid for a search that cannot be understood."""
    query = parse(text)
    if query.empty:
        return []
    hits: dict[UUID, list[Hit]] = {row.pk: [] for row in _titles(owner, query)}
    for pk, conversation, role, snippet in _messages(owner, query):
        if conversation not in hits and len(hits) >= MAX_CONVERSATIONS:
            continue
        found = hits.setdefault(conversation, [])
        if len(found) < HITS_EACH:
            found.append(Hit(pk, role, _parts(snippet)))
    rows = Conversation.objects.in_bulk(list(hits))
    return [Found(rows[pk], tuple(found)) for pk, found in hits.items() if pk in rows]


def _titles(owner: User, query: Query) -> list[Conversation]:
    if query.sender:
        return []
    rows = Conversation.objects.filter(owner=owner.pk)
    for term in query.terms:
        fits = Q(title__icontains=" ".join(term.words))
        rows = rows.exclude(fits) if term.excluded else rows.filter(fits)
    if query.before:
        rows = rows.filter(updated__lt=query.before)
    if query.after:
        rows = rows.filter(updated__gte=query.after)
    return list(rows.order_by("-updated")[:MAX_CONVERSATIONS])


def _messages(owner: User, query: Query) -> list[tuple[UUID, UUID, str, str]]:
    """(message, conversation, role, snippet with marks)."""
    matching = postgres.matching if connection.vendor == "postgresql" else sqlite.matching
    return matching(owner.pk, query, MAX_MESSAGES)


def _parts(snippet: str) -> tuple[Part, ...]:
    pieces = snippet.replace(END, START).split(START)
    return tuple((_BLANKS.sub(" ", piece), number % 2 == 1) for number, piece in enumerate(pieces) if piece)
