"""Tools by which a model asks to remember something, and looks up what is remembered."""

from typing import Annotated

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from chat import meaning as questions
from chat.models import Conversation, Fact
from chat.remembering import actions, places, telling
from chat.remembering.told import listed
from chat.search.any_word import words
from chat.tools.registry import Call, Result, Tool, tool
from meatlizard.errors import Forbidden
from meatlizard.threads import in_database
from meatlizard.vectors import hybrid
from meatlizard.vectors.vector import Vector

MOST = 20


@tool(title=gettext_lazy("Remember"), effects=True, approval=True)
async def remember(
    call: Call,
    fact: Annotated[
        str,
        Field(min_length=1, max_length=actions.MAX_FACT, description="One fact about the person, as a whole sentence."),
    ],
) -> Result:
    """Remembers a fact about the person for all later conversations. Only what they asked to be remembered."""
    return await in_database(_remember, call, fact)


@tool(title=gettext_lazy("Look up what is remembered"))
async def recall(
    call: Call,
    about: Annotated[str, Field(max_length=500, description="What it is about. Empty: the newest facts.")] = "",
) -> Result:
    """Looks up facts that the person asked to have remembered of themselves."""
    vector = await questions.of(about)
    return await in_database(_recall, call, about, vector)


TOOLS: tuple[Tool, ...] = (remember, recall)


def _remember(call: Call, fact: str) -> Result:
    _check(call)
    row = actions.add(call.user, fact, Fact.Origin.ASKED)
    return Result(_("Remembered: %(fact)s") % {"fact": row.text})


def _recall(call: Call, about: str, vector: Vector | None) -> Result:
    _check(call)
    rows = Fact.objects.filter(owner=call.user.pk, removed=None)
    asked = words(about)
    found = list(rows.values_list("text", flat=True)[: actions.MAX_FACTS])
    if about.strip():
        worth = {text: sum(word in text.lower() for word in asked) for text in found}
        worded = sorted((text for text in found if worth[text]), key=lambda text: -worth[text])
        found = hybrid.merge(telling.near(call.user.pk, vector) if vector else [], worded, MOST)
    if not found:
        return Result(_("Nothing about this is remembered."))
    return Result(listed(found[:MOST]))


def _check(call: Call) -> None:
    """Raises Forbidden where nothing is remembered: a temporary chat is no row."""
    talk = Conversation.objects.filter(pk=call.conversation, owner=call.user.pk).first()
    if talk is None:
        raise Forbidden(_("Nothing is remembered in this conversation."), code="memory_off")
    places.check(call.user, talk)
