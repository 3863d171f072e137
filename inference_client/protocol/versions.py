"""Which protocol versions this end speaks, and how the two ends agree on one.

The client offers every version it speaks as websocket subprotocols (``meatlizard.v2, meatlizard.v1``), the site
selects the highest both speak. Highest, oldest and chosen are part of the handshake's prologue, so whoever edits the
offer or the choice on the way breaks the handshake.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from inference_client.protocol.errors import UPDATE_CLIENT, UPDATE_SITE, ChannelError

PROTOCOL_VERSION: Final = 1
"""The version spoken by preference. Raise it with every change of the wire."""

OLDEST_SUPPORTED: Final = 1
"""The oldest version still spoken: at least the one before ``PROTOCOL_VERSION``, once there is one."""

_PREFIX: Final = "meatlizard.v"
_NAME: Final = re.compile(r"meatlizard\.v([1-9][0-9]{0,2})", re.ASCII)


class Versions(NamedTuple):
    """What the client offered (``highest`` down to ``oldest``) and what the site chose."""

    highest: int = PROTOCOL_VERSION
    oldest: int = OLDEST_SUPPORTED
    chosen: int = PROTOCOL_VERSION


CURRENT: Final = Versions()


def subprotocol(version: int) -> str:
    """The websocket subprotocol that names ``version``."""
    return f"{_PREFIX}{version}"


def offer(highest: int = PROTOCOL_VERSION, oldest: int = OLDEST_SUPPORTED) -> list[str]:
    """The subprotocols a client asks for, best first."""
    return [subprotocol(version) for version in range(highest, oldest - 1, -1)]


def choose(offered: Iterable[str], highest: int = PROTOCOL_VERSION, oldest: int = OLDEST_SUPPORTED) -> Versions:
    """The site's side. Raises ChannelError ``version_unsupported`` (4406) whose remedy names the program to update.

    Subprotocols of other makers are passed over; the offer must be one unbroken range.
    """
    found = sorted(number for name in offered if (number := _number(name)) is not None)
    if not found:
        raise ChannelError("version_unsupported", "no meatlizard subprotocol", remedy=UPDATE_CLIENT)
    if found != list(range(found[0], found[-1] + 1)):
        raise ChannelError("version_unsupported", f"the offer {found} has gaps", remedy=UPDATE_CLIENT)
    chosen = min(highest, found[-1])
    if chosen < oldest:
        raise ChannelError("version_unsupported", f"the client ends at {found[-1]}", remedy=UPDATE_CLIENT)
    if chosen < found[0]:
        raise ChannelError("version_unsupported", f"the client begins at {found[0]}", remedy=UPDATE_SITE)
    return Versions(found[-1], found[0], chosen)


def chosen_by_site(selected: str | None, highest: int = PROTOCOL_VERSION, oldest: int = OLDEST_SUPPORTED) -> Versions:
    """The client's side: what the site selected. Raises ChannelError ``version_unsupported``."""
    number = _number(selected or "")
    if number is None:
        raise ChannelError("version_unsupported", "the site selected no version", remedy=UPDATE_SITE)
    if number > highest:
        raise ChannelError("version_unsupported", f"the site selected {number}", remedy=UPDATE_CLIENT)
    if number < oldest:
        raise ChannelError("version_unsupported", f"the site selected {number}", remedy=UPDATE_SITE)
    return Versions(highest, oldest, number)


def _number(name: str) -> int | None:
    match = _NAME.fullmatch(name)
    number = int(match[1]) if match else 0
    return number if 0 < number < 256 else None
