"""From an original to something that plays: probed, planned, and made in steps by any number of workers, the lowest rendition first.

``actions`` begin and end it, ``steps`` say who does what, ``working`` does one step, ``ending`` says what follows, ``upkeep`` looks after
what nobody does any more.
"""

from typing import Final

QUEUE: Final = "video"
"""With slots of its own in each worker: making takes minutes, and nothing else of the site waits for it."""
