"""Whether machines are there that answer."""

from django.utils.translation import gettext

from chat.availability import state_of
from chat.models import Node
from meatlizard.health.components import Found


def look() -> Found:
    states = [state_of(node) for node in Node.objects.filter(revoked=None)]
    if not states:
        return Found("off", gettext("no machine is paired"))
    said = gettext("%(connected)d of %(paired)d connected") % {
        "connected": states.count("connected"),
        "paired": len(states),
    }
    return Found("good" if "connected" in states else "warning", said)
