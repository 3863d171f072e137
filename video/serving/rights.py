"""Rights to streams, looked at anew every :data:`KEEP_SECONDS`: a player asks for many pieces at once, and each of them asks for this."""

import time
from collections import OrderedDict
from typing import Final

from meatlizard.threads import in_database
from video.serving import tokens
from video.serving.tokens import Admitted

KEEP_SECONDS: Final = 2.0
MOST: Final = 5_000

_known: "OrderedDict[tuple[str, str], tuple[float, Admitted]]" = OrderedDict()


async def admitted(slug: str, token: str) -> Admitted:
    """Raises NotFound. On the event loop."""
    key = (slug, token)
    found = _known.get(key)
    if found is not None and found[0] > time.monotonic():
        return found[1]
    # From before the look: what changes while it is under way counts from then on.
    until = time.monotonic() + KEEP_SECONDS
    _known.pop(key, None)
    granted = await in_database(tokens.redeem, slug, token)
    _known[key] = (until, granted)
    while len(_known) > MOST:
        _known.popitem(last=False)
    return granted


def forget() -> None:
    _known.clear()
