"""Searching: titles first, then messages, the newest first in both; at most a page of conversations."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Substr

from chat.models import Conversation, Message
from chat.models.conversations import Folder
from chat.search import meaning, postgres, sqlite
from chat.search.query import Folders, Query, parse
from chat.search.snippets import Part, snippet
from meatlizard.accounts.models import User
from meatlizard.vectors.vector import Vector

MAX_CONVERSATIONS = 30
MAX_MESSAGES = 120
HITS_EACH = 3
MOST_NEAR = 10
"""Conversations that are found by meaning alone."""

MAX_READ = 100_000
"""Code points of a message that are read for its snippet. What is found behind them is shown by the message's beginning."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that fits, as a piece of its text."""

    message: UUID
    role: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation with up to HITS_EACH of its messages that fit; none when its title does. ``by_meaning``: they are about what was
    searched for, and need not have its words."""

    conversation: Conversation
    hits: tuple[Hit, ...]
    by_meaning: bool = False


def find(owner: User, text: str, vector: Vector | None = None) -> list[Found]:
    """What of ``owner``'s own fits, MAX_CONVERSATIONS at most; behind it, by the ``vector`` of what is searched for, up to MOST_NEAR that
    mean something like it. Raises Invalid for a search that cannot be understood."""
    query = parse(text)
    if query.empty:
        return []
    folders = _folders(owner, query.folder) if query.folder else None
    hits: dict[UUID, list[tuple[UUID, str]]] = {row.pk: [] for row in _titles(owner, query, folders)}
    for pk, conversation, role in _messages(owner, query, folders):
        if conversation not in hits and len(hits) >= MAX_CONVERSATIONS:
            continue
        found = hits.setdefault(conversation, [])
        if len(found) < HITS_EACH:
            found.append((pk, role))
    near = _near(owner, query, folders, vector, hits) if vector and query.meant else {}
    rows = Conversation.objects.in_bulk([*hits, *near])
    return [
        Found(rows[pk], _hits(found, query), some is near)
        for some in (hits, near)
        for pk, found in some.items()
        if pk in rows
    ]


def _near(
    owner: User, query: Query, folders: Folders, vector: Vector, known: Collection[UUID]
) -> dict[UUID, list[tuple[UUID, str]]]:
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for pk, conversation, role in meaning.near(owner.pk, vector, query, folders, MOST_NEAR * HITS_EACH):
        if conversation not in known and (conversation in found or len(found) < MOST_NEAR):
            some = found.setdefault(conversation, [])
            if len(some) < HITS_EACH:
                some.append((pk, role))
    return found


def _hits(found: list[tuple[UUID, str]], query: Query) -> tuple[Hit, ...]:
    """Texts are read a conversation at a time: all of them together may be large."""
    keys = [pk for pk, _ in found]
    texts = dict(Message.objects.filter(pk__in=keys).order_by().values_list("pk", Substr("content", 1, MAX_READ)))
    return tuple(Hit(pk, role, snippet(texts[pk], query.terms)) for pk, role in found if pk in texts)


def _folders(owner: User, name: str) -> list[UUID]:
    """The folders of that name, where a ``-`` may stand for a blank, and those within them."""
    rows = list(Folder.objects.filter(owner=owner.pk).values_list("pk", "parent", "name"))
    wanted = name.replace(" ", "-")
    found = {pk for pk, _, called in rows if called.lower().replace(" ", "-") == wanted}
    while more := {pk for pk, parent, _ in rows if parent in found} - found:
        found |= more
    return sorted(found)


def _titles(owner: User, query: Query, folders: Folders) -> list[Conversation]:
    if query.sender:
        return []
    rows = Conversation.objects.filter(owner=owner.pk, removed=None)
    if query.tag:
        rows = rows.filter(tags__name=query.tag)
    if folders is not None:
        rows = rows.filter(folder__in=folders)
    for term in query.terms:
        fits = Q(title__icontains=" ".join(term.words))
        rows = rows.exclude(fits) if term.excluded else rows.filter(fits)
    if query.before:
        rows = rows.filter(updated__lt=query.before)
    if query.after:
        rows = rows.filter(updated__gte=query.after)
    return list(rows.order_by("-updated")[:MAX_CONVERSATIONS])


def _messages(owner: User, query: Query, folders: Folders) -> list[tuple[UUID, UUID, str]]:
    """(message, conversation, role)."""
    if query.wordless:
        return []
    matching = postgres.matching if connection.vendor == "postgresql" else sqlite.matching
    return matching(owner.pk, query, folders, MAX_MESSAGES)
