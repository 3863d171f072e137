"""Where a conversation stands in its flow, read from what is stored of it, and what the flow says next."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from chat import tree
from chat.flows.steps import Ask, Flow, WrongSteps, read
from chat.flows.walk import Standing, Turn, answered, begin, choices, walk
from chat.models import Conversation, FlowVersion, Message, Persona, PersonaFlow
from chat.personas import stage
from chat.ready import Ready
from meatlizard.errors import Invalid

log = logging.getLogger(__name__)

REMEMBERED = 100

SERVERS = (Message.Source.PERSONA, Message.Source.FLOW)
"""Who speaks while a flow runs: behind an answer of anybody else it is over."""


@dataclass(frozen=True, slots=True)
class Present:
    """A flow that is not over at one message of a conversation."""

    flow: Flow
    standing: Standing
    names: Mapping[str, str]
    speaker: str


def pinned_for(persona: Persona) -> UUID | None:
    """The version of a flow that conversations with ``persona`` are begun with now."""
    return PersonaFlow.objects.filter(persona=persona).values_list("flow__current", flat=True).first()


def opening(version: UUID | None, names: Mapping[str, str]) -> str:
    """What the flow says first; empty for none."""
    flow = flow_of(version) if version else None
    return begin(flow, names).said if flow else ""


def present(talk: Conversation, end: UUID | None) -> Present | None:
    """Where the flow stands after the message ``end``; None where there is none or it is over. No query for a conversation without
    flow, one where it is over.
    """
    if talk.flow_id is None:
        return None
    if end is not None and not Message.objects.filter(pk=end, source__in=SERVERS).exists():
        return None
    flow = flow_of(talk.flow_id)
    if flow is None:
        return None
    path = tree.path(tree.read(talk.pk), end)
    mine = Message.objects.filter(conversation=talk.pk, removed=None, role=Message.Role.USER).order_by()
    said = {
        pk: Turn(text, source == Message.Source.FLOW)
        for pk, text, source in mine.values_list("pk", "content", "source")
    }
    names = stage.names(talk)
    standing = walk(flow, [said[pk] for pk in path if pk in said], names)
    return None if standing.state == "free" else Present(flow, standing, names, stage.speaker(talk))


def shown(talk: Conversation) -> dict[str, Any] | None:
    """What a page offers at the end of what it shows."""
    here = present(talk, talk.head_id)
    if here is None:
        return None
    step = here.standing.step
    kind, offered = (step.answer.kind, choices(step)) if isinstance(step, Ask) else ("", ())
    return {"state": here.standing.state, "kind": kind, "choices": list(offered)}


def reply(here: Present, text: str, files: Sequence[object] = ()) -> Ready:
    """What is said to ``text``, an answer to the question that is open. Raises Invalid where none is, or none may have files."""
    if here.standing.state == "closed":
        raise Invalid(
            _("This conversation has come to its end. Begin a new one, or skip to free chat."), code="flow_closed"
        )
    if files:
        raise Invalid(
            _("The question that is open takes no files. Answer it without, or skip to free chat."), code="flow_files"
        )
    after = answered(here.flow, here.standing, text, here.names)
    return _ready(after.said or _("Thank you. Now ask whatever you like."), here)


def skip_reply(here: Present) -> Ready:
    return _ready(_("All right. Ask whatever you like."), here)


def again(here: Present, question: Message, message: Message) -> Ready:
    """The answer to ``question``, which is stored. Raises Invalid where ``message``, the one that is to be answered, has one."""
    if message.pk != question.pk:
        raise Invalid(
            _("This is a fixed step, which would say the same again. Answer it, or skip to free chat."),
            code="flow_step",
        )
    return skip_reply(here) if question.source == Message.Source.FLOW else reply(here, question.content)


def refuse_models(talk: Conversation) -> None:
    """Raises Invalid while the flow runs at the end of what is shown."""
    if present(talk, talk.head_id) is not None:
        raise Invalid(
            _("No model answers yet. Answer the question that is open, or skip to free chat."), code="flow_step"
        )


def _ready(text: str, here: Present) -> Ready:
    return Ready(text, Message.Source.FLOW, "flow", here.speaker)


@lru_cache(maxsize=REMEMBERED)
def flow_of(version: UUID) -> Flow | None:
    """Versions never change. None for one that this program cannot read any more: then a model answers."""
    steps = FlowVersion.objects.filter(pk=version).values_list("steps", flat=True).first()
    try:
        return read(steps)
    except WrongSteps:
        log.exception("flow.not_read", extra={"version": str(version)})
        return None
