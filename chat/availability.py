"""Whether a node may work now, from what its row says."""

import datetime
from typing import Literal

from django.utils import timezone

from chat.models import Node

ONLINE_SECONDS = 30
"""A node that was not heard for so long counts as away, even if its site process died before it could say so."""

Hours = tuple[datetime.time, datetime.time]
NodeState = Literal["revoked", "away", "paused", "draining", "quiet", "connected"]


def hours(start: datetime.time | None, end: datetime.time | None) -> Hours | None:
    return (start, end) if start is not None and end is not None else None


def quiet_at(now: datetime.time, quiet: Hours | None) -> bool:
    """Whether ``now`` lies in the hours, which may go over midnight. Equal times are no hours at all."""
    if quiet is None:
        return False
    start, end = quiet
    return start <= now < end if start <= end else now >= start or now < end


def quiet_now(quiet: Hours | None) -> bool:
    """In the site's time zone."""
    return quiet is not None and quiet_at(timezone.localtime(timezone=timezone.get_default_timezone()).time(), quiet)


def state_of(node: Node) -> NodeState:
    """The first that holds; only a connected one gets work."""
    if node.revoked is not None:
        return "revoked"
    since = timezone.now() - datetime.timedelta(seconds=ONLINE_SECONDS)
    if not node.session or node.last_seen is None or node.last_seen < since:
        return "away"
    if node.said_state == "draining":
        return "draining"
    if node.paused or node.said_state != "open":
        return "paused"
    return "quiet" if quiet_now(hours(node.quiet_from, node.quiet_until)) else "connected"


def room_of(node: Node, slots: int) -> int:
    """How many of ``slots`` operator and owner let it use."""
    return min([slots, *(bound for bound in (node.max_slots, node.said_slots) if bound is not None)])
