"""Has every page say that administrators read along on Discord, while they do."""

import time

from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext

from discordbridge.access import mirroring_guild
from meatlizard.ops.onlookers import onlooker

FRESH_SECONDS = 2.0

_known = (float("-inf"), False)
"""When it was last looked up, and what was found."""


@onlooker
def words() -> str:
    global _known
    now = time.monotonic()
    if now - _known[0] > FRESH_SECONDS:
        try:
            # The one line that changes what other threads see; each of them finds a whole one.
            _known = (now, mirroring_guild() is not None)
        except DatabaseTrouble:
            return ""
    if not _known[1]:
        return ""
    return gettext(
        "Administrators of this site read along on Discord: what you write in a chat and what is answered is shown to them at once, and "
        "they may answer themselves. Temporary chats are not shown."
    )
