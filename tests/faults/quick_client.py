"""The real client with its link's clocks ``SCALE`` times as fast, so that minutes of a broken link pass in seconds:
``python -m tests.faults.quick_client run ...``. ``CLOCK_AHEAD``: seconds by which this machine's clock is wrong.
"""

import functools
import os
import sys
import time

from inference_client import backoff, commands, connection, link
from inference_client.protocol.handshake import HANDSHAKE_SECONDS

SCALE = 10


def hurry() -> None:
    quick = functools.partial(
        link.Times,
        report=link.REPORT_SECONDS / SCALE,
        ping=connection.PING_SECONDS / SCALE,
        silence=connection.SILENCE_SECONDS / SCALE,
    )
    changes = (
        (link, "Times", quick),
        (link, "HANDSHAKE_SECONDS", HANDSHAKE_SECONDS / SCALE),
        (connection, "HANDSHAKE_SECONDS", HANDSHAKE_SECONDS / SCALE),
        (backoff, "MOST_SECONDS", backoff.MOST_SECONDS / SCALE),
    )
    for module, name, value in changes:
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, value)


def set_clock(ahead: float) -> None:
    right = time.time
    time.time = lambda: right() + ahead


if __name__ == "__main__":
    hurry()
    if ahead := float(os.environ.get("CLOCK_AHEAD", "0")):
        set_clock(ahead)
    sys.exit(commands.main())
