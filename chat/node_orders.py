"""Orders to inference clients by their names, for doors where nobody sees their keys."""

from typing import Literal

from django.utils.translation import gettext

from chat import nodes
from chat.access import access_node
from chat.availability import state_of
from chat.models import Node
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.moderation.actions import audit

Order = Literal["drain", "pause", "resume"]

MOST = 200


def names() -> list[str]:
    """Of those that are not revoked; one of a name is named."""
    rows = Node.objects.filter(revoked=None).order_by("name").values_list("name", flat=True)
    return list(dict.fromkeys(rows[:MOST]))


def give(by: User, name: str, do: Order) -> str:
    """Returns what was done, in words. Raises Forbidden, NotFound, and Invalid for who cannot hear it or has heard it already."""
    rows = list(Node.objects.filter(name=name.strip(), revoked=None)[:2])
    if len(rows) > 1:
        raise Invalid(gettext("Several clients have this name. Use the page of clients."), code="name_twice")
    # Who may manage none hears no names, either.
    node = access_node(by, rows[0].pk if rows else "")
    if do == "drain":
        if state_of(node) == "away":
            raise Invalid(gettext("{name} is away and hears nothing.").format(name=node.name), code="away")
        nodes.order(node, "drain")
        said = gettext("{name} was told to finish what it writes and end.")
    else:
        if not nodes.set_paused(Node.objects.filter(pk=node.pk), do == "pause"):
            raise Invalid(gettext("It is so already: nothing was changed."), code="nothing_to_do")
        said = gettext("{name} is paused: it finishes what it writes.") if do == "pause" else gettext("{name} goes on.")
    audit.record(by, f"{do} client", f"client {node.pk}")
    return said.format(name=node.name)
