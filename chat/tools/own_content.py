"""The tool by which a model looks through what a person has here: conversations, documents, and what other apps register.

``register("paste", search)`` in an app's ``ready``: ``search(user, query, most)`` returns what of that user's own has the words of ``query``.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from chat import meaning
from chat.knowledge import finding, shown
from chat.knowledge.access import readable
from chat.models import Conversation
from chat.remembering import places
from chat.search.any_word import words
from chat.search.find import find
from chat.search.query import Term
from chat.search.snippets import snippet
from chat.tools.registry import Call, Result, Source, Tool, tool
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.threads import in_database
from meatlizard.vectors.vector import Vector

MOST_OF_KIND = 5
MOST_WORDS = 4
"""That have to stand together in what words alone find: of a whole sentence hardly anything has all."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: where it is opened, and its text, of which a piece around the words is told."""

    title: str
    address: str
    text: str
    when: datetime.datetime


Search = Callable[[User, str, int], Sequence[Found]]

_searches: dict[str, Search] = {}


def register(kind: str, search: Search) -> None:
    _searches[kind] = search


@tool(title=gettext_lazy("Search my content"), foreign=True)
async def search_my_content(
    call: Call,
    query: Annotated[str, Field(min_length=1, max_length=200, description="A few words to look for.")],
    kind: Annotated[
        str, Field(max_length=20, description="conversation, document, file, paste, link or video. Empty: everything.")
    ] = "",
) -> Result:
    """Searches what the person has on this site: their conversations, documents, files, pastes, links and videos."""
    vector = await meaning.of(query)
    return await in_database(_search, call, query, kind.strip().lower(), vector)


TOOLS: tuple[Tool, ...] = (search_my_content,)


def _search(call: Call, query: str, kind: str, vector: Vector | None) -> Result:
    _check(call)
    kinds = ("conversation", "document", *_searches)
    if kind and kind not in kinds:
        raise Invalid(_("There are: %(kinds)s.") % {"kinds": ", ".join(kinds)}, code="no_such_kind")
    asked = words(query)
    found: list[tuple[str, Found]] = []
    for one in [kind] if kind else kinds:
        found += [(one, thing) for thing in _of_kind(one, call, query, asked, vector)]
    if not found:
        return Result(_("Nothing of the person's own fits."))
    terms = [Term((word,)) for word in asked]
    told = [(one, thing, "".join(part for part, _marked in snippet(thing.text, terms))) for one, thing in found]
    text = "\n\n".join(f"{thing.title} ({one}, {thing.when:%Y-%m-%d})\n{piece}" for one, thing, piece in told)
    return Result(text, tuple(Source(thing.title, thing.address, thing.when, piece) for _one, thing, piece in told))


def _check(call: Call) -> None:
    """Raises Forbidden where others would read what is found: in a place on Discord that is not the person's alone."""
    talk = Conversation.objects.filter(pk=call.conversation).first()
    if (talk is not None and not places.is_private(talk)) or (talk is None and call.place != "web"):
        raise Forbidden(_("This is looked through only where nobody reads along."), code="not_private")


def _of_kind(kind: str, call: Call, query: str, asked: list[str], vector: Vector | None) -> Sequence[Found]:
    if kind == "conversation":
        return _conversations(call, asked, vector)
    if kind == "document":
        passages = finding.find(list(readable(call.user)), query, MOST_OF_KIND, vector)
        return [
            Found(f"{one.title}, {one.place}", shown.address_of(one.passage), one.passage.content, _when(one))
            for one in passages
        ]
    return _searches[kind](call.user, " ".join(asked[:MOST_WORDS]), MOST_OF_KIND)


def _when(one: finding.Finding) -> datetime.datetime:
    return one.passage.document.read or one.passage.document.created


def _conversations(call: Call, asked: list[str], vector: Vector | None) -> list[Found]:
    """But for the one that is being held."""
    found: list[Found] = []
    for one in find(call.user, " ".join(asked[:MOST_WORDS]), vector):
        if one.conversation.pk == call.conversation or len(found) >= MOST_OF_KIND:
            continue
        address = reverse("chat:conversation", args=[one.conversation.pk])
        anchor = f"#m-{one.hits[0].message}" if one.hits else ""
        text = "\n".join("".join(part for part, _marked in hit.parts) for hit in one.hits)
        title = one.conversation.title or _("a conversation")
        found.append(Found(title, address + anchor, text, one.conversation.updated))
    return found
