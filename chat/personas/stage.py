"""Who speaks in which conversation, read from the database. Versions never change, so a process reads each of them once."""

import datetime
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from chat.models import Conversation, Generation, Lorebook, NodeModel, PersonaVersion
from chat.models.kept import Prompts
from chat.personas import character as characters
from chat.personas.cast import Cast, Script, cast
from chat.personas.character import Character
from chat.personas.lorebook import Book, parse
from chat.prompting.layers import SITE, Layer

log = logging.getLogger(__name__)

REMEMBERED = 32
"""Versions and books, each as large as it may be."""


@dataclass(frozen=True, slots=True)
class Known:
    character: Character
    version: str
    book: Book


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a persona would have of an answer, where the conversation does not say. ``speaker``: who says it; empty: nobody."""

    speaker: str = ""
    model: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)


NO_PERSONA = Preferences()
SILENT = Script()
"""Of a conversation in which nobody but the model speaks."""


def preferences(talk: Conversation) -> Preferences:
    """No query for a conversation without persona."""
    if talk.persona_version_id is None:
        return NO_PERSONA
    known = _known(talk.persona_version_id)
    who = known.character
    # A preference and no condition: a model that no machine has would be waited for for ever.
    there = who.model and not talk.model and NodeModel.objects.filter(alias=who.model, kind="chat").exists()
    return Preferences(who.nickname or who.name, who.model if there else "", who.sampling)


def speaker(talk: Conversation) -> str:
    """What who speaks is called; empty, and without a query, where nobody does."""
    if talk.persona_version_id is None:
        return ""
    who = _known(talk.persona_version_id).character
    return who.nickname or who.name


def names(talk: Conversation) -> dict[str, str]:
    """What stands for the words in double braces. No query without persona."""
    who = None if talk.persona_version_id is None else _known(talk.persona_version_id).character
    return cast(who, "", talk.called, ()).names


def casts(rows: Iterable[Prompts]) -> dict[UUID, Cast]:
    """Of the conversations that have a persona or lorebooks; of others nothing is asked."""
    staged = [row for row in rows if row.persona_version is not None or row.books]
    if not staged:
        return {}
    known = {row.pk: _known(row.persona_version) for row in staged if row.persona_version is not None}
    wanted = {row.pk: _books_of(row, known.get(row.pk)) for row in staged}
    books = _books({key for keys in wanted.values() for key in keys})
    found = {}
    for row in staged:
        who = known.get(row.pk)
        theirs = [who.book] if who else []
        theirs += [books[key] for key in wanted[row.pk] if key in books]
        found[row.pk] = cast(who.character if who else None, who.version if who else "", row.called, theirs)
    return found


def scripts(
    casting: Mapping[UUID, Cast], answers: Sequence[Generation], tree: Mapping[UUID, tuple[Any, ...]],
    layers: Mapping[UUID, tuple[Layer, ...]],
) -> dict[UUID, Script]:  # fmt: skip
    """By conversation, for the answers in those of ``casting``. ``tree``: parent, role and content of each message, and more;
    ``layers``: what else each conversation's model reads.
    """
    found = {}
    for answer in answers:
        one, message = casting.get(answer.conversation_id), answer.message_id
        if one is not None and message is not None and message in tree:
            original = next((layer.text for layer in layers[answer.conversation_id] if _is_the_sites_role(layer)), "")
            try:
                found[answer.conversation_id] = one.script(_said(tree, tree[message][0]), original)
            except Exception:
                # One claim serves many people: what a stranger's book does to us must not hold up the others.
                log.exception("persona.not_read", extra={"conversation": str(answer.conversation_id)})
    return found


def _is_the_sites_role(layer: Layer) -> bool:
    return layer.name == "role" and layer.source in SITE


def _said(tree: Mapping[UUID, tuple[Any, ...]], end: UUID | None) -> list[str]:
    texts = []
    while end is not None and end in tree:
        texts.append(tree[end][2])
        end = tree[end][0]
    return texts[::-1]


@lru_cache(maxsize=REMEMBERED)
def _known(version: UUID) -> Known:
    row = PersonaVersion.objects.defer("extra").get(pk=version)
    values = {name: getattr(row, name) for name in characters.FIELDS if name not in ("extra", "book")}
    who = Character(**{**values, **{name: tuple(values[name]) for name in characters.LISTS}})
    return Known(who, str(row.number), parse(row.book))


def _books_of(row: Prompts, known: Known | None) -> list[UUID]:
    texts = [*(known.character.books if known else ()), *row.books.split()]
    return list(dict.fromkeys(UUID(text) for text in texts))


def _books(keys: set[UUID]) -> dict[UUID, Book]:
    if not keys:
        return {}
    rows = Lorebook.objects.filter(pk__in=keys).order_by().values_list("pk", "updated")
    return {pk: _book(pk, updated) for pk, updated in rows}


@lru_cache(maxsize=REMEMBERED)
def _book(key: UUID, updated: datetime.datetime) -> Book:
    """As it was at that moment or, if it was changed just now, as it is."""
    return parse(Lorebook.objects.filter(pk=key).values_list("data", flat=True).first())
