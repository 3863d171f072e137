"""Passages for a question: by meaning and by words, out of the collections that the caller has found readable."""

from collections.abc import Collection as Several
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from chat.knowledge import fulltext, meaning
from chat.models import Collection, Passage
from meatlizard.vectors import hybrid
from meatlizard.vectors.vector import Vector

LOOKED_AT = 40
"""Of each way of finding, before they are merged."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage with the document it is of."""

    passage: Passage

    @property
    def title(self) -> str:
        return self.passage.document.name

    @property
    def place(self) -> str:
        return place_of(self.passage)


def place_of(passage: Passage) -> str:
    """Where in its document it stands, in words."""
    return passage.heading or _("part %(number)s") % {"number": passage.number}


def find(shelves: Sequence[Collection], text: str, most: int, vector: Vector | None = None) -> list[Finding]:
    """By both, the best first; by words alone without the question's ``vector``."""
    keys = [shelf.pk for shelf in shelves]
    near = meaning.near(shelves, vector, LOOKED_AT) if vector else []
    worded = fulltext.search(keys, text, LOOKED_AT)
    return in_order(hybrid.merge(near, worded, most), keys)


def in_order(keys: Sequence[int], collections: Several[UUID]) -> list[Finding]:
    """Those of ``keys`` that are still there and in ``collections``, whatever an index said."""
    rows = (
        Passage.objects.filter(
            pk__in=keys,
            document__removed=None,
            document__collection__in=collections,
            document__collection__removed=None,
        )
        .select_related("document")
        .defer("document__text")
    )
    found = {row.pk: row for row in rows}
    return [Finding(found[key]) for key in keys if key in found]
