"""What operators have chosen about tools, as this process remembers it: asking costs no query."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from django.db import Error as DatabaseTrouble
from django.db.models import F

from chat.models import PersonaTools, ToolChoice, ToolPolicy
from chat.tools.registry import State
from meatlizard.lifecycle import service
from meatlizard.ops.watched import FRESH_SECONDS, Watched
from meatlizard.threads import in_database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """``state`` and ``approval``: None where the tool itself says it. ``tiers``: keys of those that have it; empty: all."""

    state: State | None = None
    approval: bool | None = None
    tiers: frozenset[int] = frozenset()


UNCHOSEN = Choice()


@dataclass(frozen=True, slots=True)
class Choices:
    """``personas``: what those may use that are not left to the general rule."""

    tools: Mapping[str, Choice] = field(default_factory=dict)
    personas: Mapping[UUID, frozenset[str]] = field(default_factory=dict)


def version() -> int:
    return ToolPolicy.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def _read() -> Choices:
    tools = {
        row.name: Choice(
            cast(State, row.state) if row.state else None,
            {"always": True, "never": False}.get(row.approval),
            frozenset(tier.pk for tier in row.tiers.all()),
        )
        for row in ToolChoice.objects.prefetch_related("tiers")
    }
    personas = {row.persona_id: frozenset(row.tools) for row in PersonaTools.objects.all()}
    return Choices(tools, personas)


chosen: Watched[Choices] = Watched(version, _read)

watching: list[Watched[Any]] = [chosen]
"""All that is read anew when the version has risen."""


def changed() -> None:
    """To be called in the transaction that changes what operators have said about tools."""
    ToolPolicy.objects.get_or_create(pk=1)
    ToolPolicy.objects.filter(pk=1).update(version=F("version") + 1)
    for each in watching:
        each.changed()


@service("chat.tools")
async def keep_choices() -> None:
    while True:
        try:
            for each in watching:
                await in_database(each.refresh)
        except DatabaseTrouble:
            log.exception("tools.database_error")
        await asyncio.sleep(FRESH_SECONDS)
