"""How often pastes are looked at: counted in memory, written together. It is a figure for lists and may lose the last seconds."""

import threading
from collections import Counter

from django.db import transaction
from django.db.models import F

from paste.models import Paste

_lock = threading.Lock()
_seen: Counter[int] = Counter()


def seen(paste: int) -> None:
    with _lock:
        _seen[paste] += 1


def write() -> int:
    """Puts the counts into the rows; returns how many rows."""
    global _seen
    with _lock:
        counts, _seen = _seen, Counter()
    try:
        with transaction.atomic():
            for key, count in sorted(counts.items()):
                Paste.objects.filter(pk=key).update(views=F("views") + count)
    except BaseException:
        with _lock:
            _seen.update(counts)
        raise
    return len(counts)
