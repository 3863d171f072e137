"""Which tools a conversation has: what operators switched on for the person's tier, narrowed down by the persona and the route, without
what its owner switched off there. All of it is decided from what was read already and what this process remembers.

Whether the model can call tools at all is the caller's to ask first (:attr:`NodeModel.tools <chat.models.NodeModel>`).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from chat.models import Conversation, PersonaVersion
from chat.tools import registry
from chat.tools.choices import UNCHOSEN, Choices, chosen
from chat.tools.registry import Tool
from meatlizard.accounts.models import User

log = logging.getLogger(__name__)

ALL_OFF = "*"
"""Instead of a name in ``Conversation.tools_off``: all of them."""

MOST = 64
"""The wire carries no more, and no model can choose among so many."""


class Narrowing(Protocol):
    """Whatever has a :class:`~chat.models.tools.ToolNamesField` of this name, as a route does."""

    @property
    def tools(self) -> Sequence[str] | None: ...


def allowed(user: User, conversation: Conversation | None, route: Narrowing | None = None) -> tuple[Tool, ...]:
    """Those that a model may call there for ``user``, by name, each with ``approval`` as operators would have it.

    ``conversation``: None for a temporary chat. No query, but for the first time that a version of a persona is met on a site
    where personas have tools of their own.
    """
    off = switched_off(conversation)
    if ALL_OFF in off:
        return ()
    persona = conversation.persona_version_id if conversation is not None else None
    found = [one for one in granted(user.tier_id, persona, route) if one.name not in off]
    if len(found) > MOST:
        log.warning("tools.too_many", extra={"tools": len(found)})
    return tuple(found[:MOST])


def granted(tier: int | None, persona_version: UUID | None, route: Narrowing | None = None) -> Iterator[Tool]:
    """As :func:`allowed`, whatever was switched off in the conversation."""
    choices = chosen.current()
    lists = [names for names in (_of_persona(choices, persona_version), _of_route(route)) if names is not None]
    for tool in registry.all():
        choice = choices.tools.get(tool.name, UNCHOSEN)
        state = choice.state or tool.state
        if state == "off" or (state == "named" and not lists) or not all(tool.name in names for names in lists):
            continue
        if (choice.tiers and tier not in choice.tiers) or not tool.ready():
            continue
        if choice.approval is None or choice.approval == tool.approval:
            yield tool
        else:
            yield replace(tool, approval=choice.approval)


def switched_off(conversation: Conversation | None) -> frozenset[str]:
    """Names that its owner switched off there."""
    return frozenset(conversation.tools_off.split()) if conversation is not None else frozenset()


def _of_route(route: Narrowing | None) -> frozenset[str] | None:
    return None if route is None or route.tools is None else frozenset(route.tools)


def _of_persona(choices: Choices, version: UUID | None) -> frozenset[str] | None:
    if version is None or not choices.personas:
        return None
    persona = _persona_of(version)
    return None if persona is None else choices.personas.get(persona)


@lru_cache(maxsize=1_000)
def _persona_of(version: UUID) -> UUID | None:
    """A version stays with its persona, as long as there is one."""
    return PersonaVersion.objects.filter(pk=version).values_list("persona", flat=True).first()
