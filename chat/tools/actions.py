"""What a conversation's owner, and operators, say about tools."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet

from chat.access import access_conversation
from chat.models import Conversation, McpTool, ToolChoice
from chat.tools import choices, permissions, registry
from chat.tools.mcp import actions as mcp
from chat.tools.permissions import ALL_OFF
from chat.tools.registry import Tool
from meatlizard.accounts.models import User

MOST_OFF = 200


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool that a conversation may have, and whether its owner lets it."""

    tool: Tool
    on: bool


def offered(user: User, conversation: Conversation) -> list[Offered]:
    """All that operators let it have, whether they are switched off there or not. (A route may narrow it down further.)"""
    off = permissions.switched_off(conversation)
    found = permissions.granted(user.tier_id, conversation.persona_version_id)
    return [Offered(one, ALL_OFF not in off and one.name not in off) for one in found]


def switch(user: User, conversation: Conversation, on: Iterable[str], *, none: bool = False) -> Conversation:
    """Leaves ``on`` of what is offered there, for the answers to come; with ``none`` nothing at all, whatever comes later."""
    wanted = set(on)
    with transaction.atomic():
        row = access_conversation(user, conversation.pk, lock=True)
        known = {one.tool.name for one in offered(user, row)}
        # What is not offered now stays as it was.
        off = (permissions.switched_off(row) - known - {ALL_OFF}) | (known - wanted)
        row.tools_off = ALL_OFF if none else " ".join(sorted(off)[:MOST_OFF])
        row.save(update_fields=["tools_off"])
    return row


def listed() -> None:
    """Makes a row for each tool that operators have not met yet, so that they can choose."""
    known = set(ToolChoice.objects.values_list("name", flat=True))
    new = [ToolChoice(name=one.name) for one in registry.all() if one.name not in known]
    ToolChoice.objects.bulk_create(new, ignore_conflicts=True)


def switch_on(rows: QuerySet[ToolChoice]) -> list[str]:
    """Everywhere; returns the names of those that an operator has to look at first, which stay as they are."""
    unseen = set(McpTool.objects.exclude(accepted=F("fingerprint")).values_list("tool", flat=True))
    left = sorted(unseen & set(rows.values_list("name", flat=True)))
    with transaction.atomic():
        rows.exclude(name__in=left).update(state=ToolChoice.State.ON, note="")
        choices.changed()
    return left


def switch_off(rows: QuerySet[ToolChoice]) -> None:
    with transaction.atomic():
        rows.update(state=ToolChoice.State.OFF)
        choices.changed()


def seen(tool: str) -> str:
    """What an operator who is shown ``tool`` now is shown of it, if it is a server's; empty for any other."""
    return mcp.seen(tool)


def accept(tool: str, seen: str) -> bool:
    """See :func:`chat.tools.mcp.actions.accept`."""
    return mcp.accept(tool, seen)


def chosen() -> None:
    """To be called in the transaction in which operators change a choice."""
    choices.changed()
