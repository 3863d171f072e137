"""Faults on purpose, chosen by a seed that is printed: processes killed and paused, news dropped, nonsense on the wire.

``FAULT_SEED=7`` repeats a run's choices. ``FAULTS=full`` runs the full numbers: 500 answers and 50 kills on SQLite, 2,000 answers and
200 kills in the second pass on PostgreSQL (``pytest tests/faults/test_queue_faults.py`` and the same with ``--postgres``).
"""

import os
import secrets


def full() -> bool:
    """Whether the full numbers were asked for."""
    return os.environ.get("FAULTS", "") == "full"


def fault_seed() -> int:
    """The seed of this run: from ``FAULT_SEED``, or a new one. The caller prints it."""
    return int(os.environ.get("FAULT_SEED") or secrets.randbelow(2**31))
