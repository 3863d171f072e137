"""Faults on purpose, chosen by a seed that is printed: processes killed and paused, news dropped, nonsense on the wire.

``FAULT_SEED=7`` repeats a run's choices.
"""

import os
import secrets


def fault_seed() -> int:
    """The seed of this run: from ``FAULT_SEED``, or a new one. The caller prints it."""
    return int(os.environ.get("FAULT_SEED") or secrets.randbelow(2**31))
