"""What a person types into the search box: words, ``"phrases"``, ``-not these``, and filters.

``from:me`` and ``from:model`` (or a model's name) choose who said it, ``before:2026-11-01`` and ``after:2026-11-01`` when,
``tag:work`` and ``folder:letters`` (with all folders in it) where; these two need no word beside them. The word
at the end is also found as the beginning of a longer one, since it may still be being typed.
"""

import datetime
import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from chat.models import Message
from meatlizard.errors import Invalid
from meatlizard.languages import number

Folders = list[UUID] | None
"""In which it is looked; None: anywhere."""

MAX_QUERY = 200
MAX_TERMS = 12

_PIECE = re.compile(r'(-?)(?:(from|before|after|tag|folder):("[^"]*"?|\S+)|"([^"]*)"?|(\S+))', re.IGNORECASE)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Term:
    """``words`` stand next to each other in a text that fits; the last of them may be a beginning."""

    words: tuple[str, ...]
    excluded: bool = False
    beginning: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    terms: tuple[Term, ...] = ()
    sender: Literal["", "me", "model"] = ""
    model: str = ""
    tag: str = ""
    folder: str = ""
    before: datetime.datetime | None = None
    after: datetime.datetime | None = None

    @property
    def empty(self) -> bool:
        return self.wordless and not self.tag and not self.folder

    @property
    def meant(self) -> str:
        """What is looked for by meaning; empty where words are to stand exactly as they are written, or none is searched for."""
        wanted = [term for term in self.terms if not term.excluded]
        return "" if any(len(term.words) > 1 for term in wanted) else " ".join(term.words[0] for term in wanted)

    @property
    def wordless(self) -> bool:
        """No word is searched for: only what conversations are, not what is said in them."""
        return all(term.excluded for term in self.terms)


def chosen(messages: "QuerySet[Message]", query: Query, folders: Folders) -> "QuerySet[Message]":
    """Those that the query's filters let through, whatever is said in them."""
    rows = messages
    if query.tag:
        rows = rows.filter(conversation__tags__name=query.tag)
    if folders is not None:
        rows = rows.filter(conversation__folder__in=folders)
    if query.sender:
        rows = rows.filter(role=Message.Role.USER if query.sender == "me" else Message.Role.ASSISTANT)
    if query.model:
        rows = rows.filter(model__istartswith=query.model)
    if query.before:
        rows = rows.filter(created__lt=query.before)
    if query.after:
        rows = rows.filter(created__gte=query.after)
    return rows


def parse(text: str) -> Query:
    """Raises Invalid for a date that is none, and for more than anybody searches for."""
    if len(text) > MAX_QUERY:
        raise Invalid(
            gettext("A search has at most {most} characters.").format(most=number(MAX_QUERY)), code="query_too_long"
        )
    terms: list[Term] = []
    sender: Literal["", "me", "model"] = ""
    model = ""
    days: dict[str, datetime.datetime] = {}
    places = {"tag": "", "folder": ""}
    for found in _PIECE.finditer(text):
        minus, name, value, phrase, word = found.groups()
        if name:
            # PostgreSQL takes no NUL in text.
            value = value.replace("\x00", "\ufffd")
            if name.lower() == "from":
                sender = "me" if value.lower() == "me" else "model"
                model = "" if value.lower() in ("me", "model") else value
            elif name.lower() in ("tag", "folder"):
                places[name.lower()] = value.strip('"').lstrip("#").strip().lower()
            else:
                days[name.lower()] = _day(value)
            continue
        words = tuple(_WORD.findall(phrase if phrase is not None else word))
        if words:
            typing = phrase is None and found.end() == len(text)
            terms.append(Term(words, bool(minus), typing and not minus))
    if len(terms) > MAX_TERMS:
        raise Invalid(
            gettext("A search has at most {most} words or phrases.").format(most=number(MAX_TERMS)),
            code="query_too_long",
        )
    return Query(
        tuple(terms), sender, model, places["tag"], places["folder"], days.get("before"), days.get("after")
    )  # fmt: skip


def _day(text: str) -> datetime.datetime:
    try:
        day = timezone.make_aware(datetime.datetime.combine(datetime.date.fromisoformat(text), datetime.time()))
        return day.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise Invalid(
            gettext("“{text}” is not a date. Write it as 2026-11-21.").format(text=text[:20]), code="bad_date"
        ) from None
