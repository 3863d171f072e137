"""What the owner of the machine lets the client do now: a pure decision, with hysteresis.

Stronger words come first: whoever drains or pauses by hand, then quiet hours, battery, heat. A machine that was too hot goes
on only when it is clearly cooler, and one that ran on its battery only after a while on mains: an answer begun and
stopped again helps nobody.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from inference_client.config import Limits as Configured
from inference_client.protocol.messages import Availability
from inference_client.quantities import Span, span

COOLER: Final = 8.0
"""Degrees Celsius below the threshold at which a machine that was too hot goes on."""

MAINS_SECONDS: Final = 60.0
"""On mains before a machine that ran on its battery goes on."""

Who = Literal["owner", "site"]


@dataclass(frozen=True, slots=True)
class Limits:
    """From the configuration, ready to be asked."""

    max_slots: int | None = None
    quiet: tuple[Span, ...] = ()
    pause_on_battery: bool = False
    pause_above: float | None = None
    own_only: bool = False

    @classmethod
    def of(cls, configured: Configured) -> "Limits":
        return cls(
            configured.max_slots,
            tuple(span(text) for text in configured.quiet_hours),
            configured.pause_on_battery,
            configured.pause_above,
            configured.own_jobs_only,
        )


@dataclass(frozen=True, slots=True)
class Wishes:
    """Said by hand: who paused, and who drains."""

    paused: Who | None = None
    draining: Who | None = None


@dataclass(frozen=True, slots=True)
class Senses:
    """``now`` in local time and ``monotonic`` in seconds; None: this machine does not tell, so it is no reason."""

    now: datetime
    monotonic: float
    on_battery: bool | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What the decision before leaves behind. ``on_mains_since``: set while a machine that paused for its battery waits."""

    hot: bool = False
    battery: bool = False
    on_mains_since: float | None = None


def decide(senses: Senses, wishes: Wishes, limits: Limits, memory: Memory) -> tuple[Availability, Memory]:
    """What to tell the site, and what to hand in the next time."""
    memory = _remember(senses, limits, memory)
    state, why = _state(senses, wishes, limits, memory)
    return Availability(state=state, why=why, max_slots=limits.max_slots, own_only=limits.own_only), memory


def _remember(senses: Senses, limits: Limits, memory: Memory) -> Memory:
    hot = False
    if limits.pause_above is not None and senses.temperature is not None:
        hot = senses.temperature >= limits.pause_above - (COOLER if memory.hot else 0)
    if not limits.pause_on_battery or senses.on_battery is None:
        return Memory(hot)
    if senses.on_battery:
        return Memory(hot, battery=True)
    if not memory.battery:
        return Memory(hot)
    since = senses.monotonic if memory.on_mains_since is None else memory.on_mains_since
    if senses.monotonic - since >= MAINS_SECONDS:
        return Memory(hot)
    return replace(memory, hot=hot, on_mains_since=since)


def _state(
    senses: Senses, wishes: Wishes, limits: Limits, memory: Memory
) -> tuple[Literal["open", "paused", "draining"], Literal["", "owner", "site", "quiet_hours", "battery", "heat"]]:
    if wishes.draining is not None:
        return "draining", wishes.draining
    if wishes.paused is not None:
        return "paused", wishes.paused
    if any(hours.covers(senses.now) for hours in limits.quiet):
        return "paused", "quiet_hours"
    if memory.battery:
        return "paused", "battery"
    if memory.hot:
        return "paused", "heat"
    return "open", ""


def paused(wishes: Wishes, who: Who) -> Wishes:
    """The owner's word stands when the site says the same."""
    return replace(wishes, paused="owner" if "owner" in (who, wishes.paused) else "site")


def resumed(wishes: Wishes, who: Who) -> Wishes:
    """It is the owner's machine: the site takes back only what the site said. Nobody takes back a drain."""
    if who == "site" and wishes.paused == "owner":
        return wishes
    return replace(wishes, paused=None)


def drained(wishes: Wishes, who: Who) -> Wishes:
    return replace(wishes, draining=wishes.draining or who)
