"""Which node gets which waiting generation. Pure: what is known goes in, a choice comes out.

First come the conditions: kind and name of the model, images and tools where somebody connected can take them, the
machine's owner, free slots. Of a node that has just failed a generation any other is the better one, even if it has to
be waited for. Among what remains counts, in this order: the node and model that answered this conversation last, since
they may hold its beginning in their cache; the model that answered it last, on another node; a machine that works for
its owner alone, in the owner's hands; a model that can think, when that is wanted; a model in memory; any weight but 0;
and then weight times speed times the share of slots that are free, which spreads load.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from uuid import UUID

from inference_client.protocol.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Offer:
    """One model of a seat with ``free`` of its ``slots``. ``speed``: measured tokens a second, None when unknown, as is the
    ``window``: tokens that it reads.
    """

    alias: str
    free: int
    slots: int = 1
    kind: Kind = "chat"
    loaded: bool = True
    vision: bool = False
    tools: bool = False
    thinks: bool = False
    speed: float | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A connected node, as far as it may work now. ``room``: answers more that it may take over all models."""

    session: str
    node: UUID
    offers: tuple[Offer, ...]
    room: int
    owner: int | None = None
    own_only: bool = False
    owner_first: bool = False
    weight: int = 10

    def free(self, kind: Kind = "chat") -> int:
        """Jobs of that kind that it may take now."""
        return min(self.room, sum(offer.free for offer in self.offers if offer.kind == kind))

    @classmethod
    def plain(cls, session: str, node: UUID, free: Mapping[str, int]) -> "Seat":
        """Of a node of which nothing but the free slots by model is known."""
        offers = tuple(Offer(alias, slots, slots) for alias, slots in free.items())
        return cls(session, node, offers, sum(free.values()))


@dataclass(frozen=True, slots=True)
class Want:
    """A waiting generation. ``last``: node and model that answered its conversation last. ``failed``: the node that had
    this very generation before. ``vision``: there are images that a model had better see; ``must_see``: the question is about them.
    """

    generation: UUID
    user: int
    model: str = ""
    kind: Kind = "chat"
    vision: bool = False
    must_see: bool = False
    tools: bool = False
    thinks: bool = False
    last: tuple[UUID, str] | None = None
    failed: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    session: str
    node: UUID
    model: str
    window: int | None = None
    vision: bool = False
    tools: bool = False


Candidate = tuple[Seat, Offer]
Elsewhere = Mapping[UUID, frozenset[str]]
"""Nodes connected to other processes that may work now, and the models they offer."""


def place(wants: Iterable[Want], seats: Sequence[Seat], limit: int) -> dict[UUID, Place]:
    """Places up to ``limit`` of the wants, given in fair order; what fits nowhere now is left out. Of one user one."""
    return _Table(seats).place(wants, limit)


def better_elsewhere(want: Want, seats: Sequence[Seat], elsewhere: Elsewhere) -> bool:
    """Whether another process should have the first go: the conversation's node is there, or here is only the node that
    failed.
    """
    if want.failed is not None:
        here = any(seat.node != want.failed for seat, _ in candidates(want, seats))
        return not here and any(_names(want, aliases) for node, aliases in elsewhere.items() if node != want.failed)
    return want.last is not None and _names(want, elsewhere.get(want.last[0], frozenset()))


def _names(want: Want, aliases: Iterable[str]) -> bool:
    return want.model in aliases if want.model else bool(tuple(aliases))


def candidates(want: Want, seats: Sequence[Seat]) -> list[Candidate]:
    """Who could take it, full or not."""
    found = [
        (seat, offer)
        for seat in seats
        if not seat.own_only or seat.owner == want.user
        for offer in seat.offers
        if offer.kind == want.kind and want.model in ("", offer.alias)
    ]
    # What nobody here can do is not insisted on: the node then says so in words, instead of the person waiting for ever.
    if want.must_see:
        # Whoever asks about an image was told that some model sees it: that one is waited for.
        found = [one for one in found if one[1].vision]
    able = [
        one for one in found if one[1].vision >= want.vision and one[1].tools >= want.tools
    ] or found  # fmt: skip
    return [one for one in able if one[0].node != want.failed] or able


class _Table:
    """Seats while they fill."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        self._seats = seats
        self._free = {(seat.session, offer.alias): offer.free for seat in seats for offer in seat.offers}
        self._room = {seat.session: seat.room for seat in seats}
        self._users: set[int] = set()
        self._places: dict[UUID, Place] = {}

    def place(self, wants: Iterable[Want], limit: int) -> dict[UUID, Place]:
        first = [seat for seat in self._seats if seat.owner_first]
        if first:
            wants = list(wants)
        for seat in first:
            self._fill((want for want in wants if want.user == seat.owner), [seat], limit)
        self._fill(wants, self._seats, limit)
        return self._places

    def _fill(self, wants: Iterable[Want], seats: Sequence[Seat], limit: int) -> None:
        if len(self._places) >= limit:
            return
        for want in wants:
            # Of one user one at a time: whether his next goes before others' depends on this one running.
            if want.generation in self._places or want.user in self._users:
                continue
            best = self._best(want, seats)
            if best is not None:
                seat, offer = best
                self._free[seat.session, offer.alias] -= 1
                self._room[seat.session] -= 1
                self._users.add(want.user)
                self._places[want.generation] = Place(
                    seat.session, seat.node, offer.alias, offer.window, offer.vision, offer.tools
                )
                if len(self._places) >= limit:
                    return

    def _left(self, seat: Seat, offer: Offer) -> int:
        return min(self._free[seat.session, offer.alias], self._room[seat.session])

    def _best(self, want: Want, seats: Sequence[Seat]) -> Candidate | None:
        open_ones = [one for one in candidates(want, seats) if self._left(*one) > 0]
        if len(open_ones) < 2:
            return open_ones[0] if open_ones else None
        known = [offer.speed for _, offer in open_ones if offer.speed]
        typical = fmean(known) if known else 1.0

        def worth(one: Candidate) -> tuple[bool, bool, bool, bool, bool, bool, float]:
            seat, offer = one
            return (
                want.last == (seat.node, offer.alias),
                want.last is not None and want.last[1] == offer.alias,
                seat.own_only,
                not want.thinks or offer.thinks,
                offer.loaded,
                seat.weight > 0,
                (seat.weight or 1) * (offer.speed or typical) * self._left(seat, offer) / offer.slots,
            )

        # Of equals the first: the order in which a node names its models is its owner's.
        return max(open_ones, key=worth)
