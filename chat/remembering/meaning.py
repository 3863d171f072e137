"""Facts in the index of meanings, for those who have more of them than an answer has room for."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.models import Fact
from meatlizard.vectors import index
from meatlizard.vectors.registry import Text
from meatlizard.vectors.vector import Vector

NAME = "chat.facts"

_KEY = re.compile(r"\d{1,18}")


class Facts:
    """What there is to be found; see :class:`meatlizard.vectors.registry.Source`."""

    @property
    def label(self) -> str | Promise:
        return _("what is remembered of people")

    def read(self, keys: Collection[str]) -> Mapping[str, Text]:
        rows = _there().filter(pk__in=[int(key) for key in keys if _KEY.fullmatch(key)])
        return {str(pk): Text(_owner(owner), "", text) for pk, owner, text in rows.values_list("pk", "owner", "text")}

    def keys(self, after: str, most: int) -> Sequence[str]:
        rows = _there().filter(pk__gt=int(after or 0)).order_by("pk").values_list("pk", flat=True)
        return [str(pk) for pk in rows[:most]]

    def count(self) -> int:
        return _there().count()


def _there() -> "QuerySet[Fact]":
    return Fact.objects.filter(removed=None)


def _owner(person: int) -> str:
    return f"u{person}"


def changed(facts: Iterable[int]) -> None:
    index.collection(NAME).renew(map(str, facts))


def forget(facts: Iterable[int]) -> None:
    index.collection(NAME).delete(map(str, facts))


def forget_person(person: int) -> None:
    index.collection(NAME).delete_owner(_owner(person))


def near(person: int, vector: Vector, most: int) -> list[int]:
    """Of this person's facts, the nearest first."""
    return [int(hit.key) for hit in index.collection(NAME).search(vector, _owner(person), None, most)]
