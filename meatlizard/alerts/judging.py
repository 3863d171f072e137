"""What becomes of an alert when its subject is seen again. Pure: no clock, no database."""

import datetime
from dataclasses import dataclass
from typing import Literal

Seen = Literal["bad", "good", "between"]
"""``between``: neither beyond the limit nor back where it counts as good; it stays as it was."""

Verdict = Literal["", "begin", "fire", "good", "bad", "end", "forget"]
"""``good`` and ``bad`` start and stop the time after which it is over."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the open alert. ``good``: since when it has been good."""

    firing: bool
    began: datetime.datetime
    good: datetime.datetime | None


def seen(value: float, side: str, limit: float, clear: float | None) -> Seen:
    """``side``: above or below, where it is bad."""
    sign = 1 if side == "above" else -1
    if sign * value > sign * limit:
        return "bad"
    # A mark on the wrong side of the limit would have it bad and good at once.
    back = sign * limit if clear is None else min(sign * limit, sign * clear)
    return "good" if sign * value <= back else "between"


def verdict(open_alert: Standing | None, look: Seen, now: datetime.datetime, pending: float) -> Verdict:
    """``pending``: seconds that something must last before it is told, one way or the other."""
    wait = datetime.timedelta(seconds=pending)
    if open_alert is None:
        return "begin" if look == "bad" else ""
    if look == "bad":
        if not open_alert.firing and now - open_alert.began >= wait:
            return "fire"
        return "bad" if open_alert.good is not None else ""
    if not open_alert.firing:
        # What was over before anybody was told is nobody's business.
        return "forget" if look == "good" else ""
    if look == "between":
        return "bad" if open_alert.good is not None else ""
    if open_alert.good is None:
        return "good" if pending else "end"
    return "end" if now - open_alert.good >= wait else ""
