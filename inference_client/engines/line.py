"""What a fleet does next: pure decisions about the line of jobs and the models in memory."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from inference_client.engines.base import AnyJob
from inference_client.engines.seats import Seat

SHORTEST_PAUSE: Final = 0.01
LONGEST_PAUSE: Final = 3600.0

MOST_ORDERS: Final = 100
"""To load and to unload, waiting at once; later ones are passed over."""


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """A place in the line: a job, or an order to load or unload. ``probe``: load, if nobody must go for it."""

    seat: Seat
    do: Literal["job", "load", "unload", "probe"]
    job: AnyJob | None = None


@dataclass(slots=True)
class Plan:
    """``over``: tickets that leave the line now, the jobs among them for their engines. ``load``: the model that comes
    next, once all of ``victims`` are gone; ``leaving``: those whose unloading was asked for.
    """

    over: list[Ticket] = field(default_factory=list)
    load: Seat | None = None
    victims: list[Seat] = field(default_factory=list)
    leaving: list[Seat] = field(default_factory=list)

    @property
    def closing(self) -> frozenset[str]:
        """They take nothing new."""
        return frozenset(seat.alias for seat in (*self.victims, *self.leaving))


def plan(line: Sequence[Ticket], seats: Sequence[Seat], limit: int | None) -> Plan:
    """Looks at the tickets in order; ``limit`` is in bytes of memory."""
    found = Plan()
    coming: set[str] = set()
    for ticket in line:
        seat = ticket.seat
        if ticket.do == "unload":
            if seat.engine is not None and seat not in found.leaving:
                found.leaving.append(seat)
            elif seat.engine is None and seat.alias not in coming:
                found.over.append(ticket)
        elif seat.engine is None:
            coming.add(seat.alias)
            if found.load is None:
                _next(found, ticket, seats, limit)
        elif seat.alias not in found.closing:
            found.over.append(ticket)
    return found


def turn(line: Sequence[Ticket], seat: Seat) -> list[Ticket]:
    """What ``seat``, just loaded, may take: everything that waits for it before somebody asked to unload it."""
    own = [ticket for ticket in line if ticket.seat is seat]
    return list(itertools.takewhile(lambda ticket: ticket.do != "unload", own))


def _next(found: Plan, ticket: Ticket, seats: Sequence[Seat], limit: int | None) -> None:
    going = victims(seats, ticket.seat, limit)
    if ticket.do == "probe" and going:
        # Not worth anybody's place.
        found.over.append(ticket)
    else:
        found.load, found.victims = ticket.seat, going


def victims(seats: Sequence[Seat], head: Seat, limit: int | None) -> list[Seat]:
    """Who must leave before ``head`` fits into ``limit`` bytes: idle ones first, longest unused first."""
    inside = [seat for seat in seats if seat.engine is not None and seat is not head]
    short = head.need + sum(seat.need for seat in inside) - limit if limit is not None else 0
    chosen: list[Seat] = []
    for seat in sorted(inside, key=lambda seat: (bool(seat.runs), seat.last_used)):
        if short <= 0:
            break
        chosen.append(seat)
        short -= seat.need
    return chosen


def probes(line: Sequence[Ticket], seats: Sequence[Seat], now: float) -> list[Ticket]:
    """What failed again and again gets no job that would show that it can be loaded now: it is tried without one."""
    waiting = {ticket.seat.alias for ticket in line}
    due = (seat for seat in seats if seat.withdrawn and now >= seat.blocked_until)
    return [Ticket(seat, "probe") for seat in due if seat.alias not in waiting]


def pause(seats: Sequence[Seat], now: float) -> float:
    """Seconds until something is due without anybody's doing."""
    due = [until for seat in seats if (until := seat.idle_until()) is not None]
    due += [seat.blocked_until for seat in seats if seat.withdrawn]
    return min([LONGEST_PAUSE, *(max(SHORTEST_PAUSE, time - now) for time in due)])
