"""Collections, documents and passages in the words of who looks at them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.knowledge import finding, meaning, sources
from chat.knowledge.finding import Finding
from chat.models import Collection, Document, Passage
from chat.search.any_word import words
from chat.search.query import Term
from chat.search.snippets import Part, snippet
from meatlizard.vectors.vector import Vector

MOST_FOUND = 20

KINDS: dict[str, "str | Promise"] = {"file": _("file"), "note": _("note"), "page": _("page of the web")}
STATES: dict[str, "str | Promise"] = {
    "reading": _("being read"),
    "failed": _("could not be read"),
    "words": _("found by words only"),
    "ready": _("ready"),
}


@dataclass(frozen=True, slots=True)
class Stated:
    """A document with what it is and how far it is."""

    row: Document
    kind: "str | Promise"
    state: str

    @property
    def state_words(self) -> "str | Promise":
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage that was found, as a piece of its text."""

    finding: Finding
    address: str
    parts: tuple[Part, ...]


def kinds() -> dict[str, "str | Promise"]:
    """What other parts of the site offer."""
    return {source.kind: source.label for source in sources.registered()}


def counted(collections: "QuerySet[Collection]") -> list[Collection]:
    """With the number of their documents as ``documents_there``."""
    there = Count("documents", filter=Q(documents__removed=None))
    return list(collections.annotate(documents_there=there).order_by("name", "pk"))


def stated(documents: Iterable[Document]) -> list[Stated]:
    rows = list(documents)
    ready = meaning.complete([row.pk for row in rows if row.state == Document.State.READ])
    named = {**KINDS, **kinds()}
    return [Stated(row, named.get(row.kind, row.kind), _state(row, ready)) for row in rows]


def _state(row: Document, ready: set[UUID]) -> str:
    if row.state != Document.State.READ:
        return row.state
    return "ready" if row.pk in ready else "words"


def out(document: Document) -> dict[str, Any]:
    """For the page's script."""
    return {
        "id": str(document.pk),
        "name": document.name,
        "state": document.state,
        "error": document.error,
        "url": reverse("chat:document", args=[document.pk]),
    }


def address_of(passage: Passage) -> str:
    return f"{reverse('chat:document', args=[passage.document_id])}?passage={passage.number}#p-{passage.number}"


def findings(shelves: Sequence[Collection], query: str, vector: Vector | None) -> list[Shown]:
    terms = [Term((word,)) for word in words(query)]
    return [
        Shown(one, address_of(one.passage), snippet(one.passage.content, terms))
        for one in finding.find(shelves, query, MOST_FOUND, vector)
    ]
