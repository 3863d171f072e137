"""Who of the nodes connected to this process may take work now: what they offer, less what their owners, the operator and
their circuit breakers leave of it.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import get_args
from uuid import UUID

from chat import availability
from chat.inference import placement
from chat.inference.breaker import Breaker, State
from chat.inference.placement import Elsewhere, Offer, Seat, Want
from chat.inference.session import NodeSession
from inference_client.protocol.vocabulary import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)

GRACE_SECONDS = 0.3
"""So long a generation is left to another process whose node would do better, before this one takes it."""

FORGET_SECONDS = 60.0


class Seating:
    """One per process. Breakers outlive links: a node that comes back has not become better by that."""

    def __init__(self) -> None:
        self.elsewhere: Elsewhere = {}
        self.left_some = False
        self._breakers: dict[tuple[UUID, str], Breaker] = {}
        self._shown: dict[tuple[str, str], State] = {}
        self._left: dict[UUID, float] = {}

    # breakers -------------------------------------------------------------------------------------------------------

    def breaker(self, node: UUID, alias: str) -> Breaker:
        key = (node, alias)
        if key not in self._breakers:
            self._breakers[key] = Breaker(asyncio.get_running_loop().time)
        return self._breakers[key]

    def started(self, node: UUID, alias: str) -> None:
        breaker = self._breakers.get((node, alias))
        if breaker is not None:
            breaker.started()

    def reporter(self, node: UUID) -> Callable[[str, bool], None]:
        """Takes what a session reports of the ends of its jobs."""

        def report(alias: str, well: bool) -> None:
            breaker = self.breaker(node, alias)
            if well:
                breaker.succeeded()
            else:
                breaker.failed()

        return report

    def changes(self, sessions: Iterable[NodeSession]) -> list[tuple[UUID, str, State, float | None]]:
        """States of breakers that are not yet written down: node, model, state, seconds until the next try."""
        shown: dict[tuple[str, str], State] = {}
        changed = []
        for session in sessions:
            for alias in session.models if session.ready else ():
                breaker = self._breakers.get((session.node, alias))
                state = breaker.state if breaker is not None else "closed"
                shown[session.id, alias] = state
                # What a new link's node showed before was wiped out when it said hello.
                if breaker is not None and state != self._shown.get((session.id, alias), "closed"):
                    changed.append((session.node, alias, state, breaker.seconds if state == "open" else None))
        self._shown = shown
        return changed

    # seats ----------------------------------------------------------------------------------------------------------

    def seats(self, sessions: Iterable[NodeSession]) -> list[Seat]:
        """Of those that may take work now, the full ones too: for some of the work they are worth waiting for."""
        return [seat for session in sessions if (seat := self._seat(session)) is not None]

    def _seat(self, session: NodeSession) -> Seat | None:
        standing, said = session.standing, session.presence.availability
        if standing is None or standing.paused or said.state != "open" or not session.listening():
            return None
        if availability.quiet_now(standing.quiet):
            return None
        free = {alias: slots for kind in KINDS for alias, slots in session.free(kind).items()}
        bounds = [bound for bound in (standing.max_slots, said.max_slots) if bound is not None]
        room = sum(free.values())
        if bounds:
            room = max(0, min(room, min(bounds) - sum(session.busy().values())))
        return Seat(
            session=session.id,
            node=session.node,
            offers=tuple(self._offers(session, free)),
            room=room,
            owner=standing.owner,
            own_only=standing.own_only or said.own_only,
            owner_first=standing.owner_first,
            weight=standing.weight,
        )

    def _offers(self, session: NodeSession, free: dict[str, int]) -> Iterable[Offer]:
        for alias, model in session.models.items():
            slots = free.get(alias, 0)
            breaker = self._breakers.get((session.node, alias))
            if breaker is not None:
                if breaker.state == "open":
                    continue
                slots = breaker.room(slots)
            yield Offer(
                alias=alias,
                free=slots,
                slots=model.slots,
                kind=model.kind,
                loaded=model.loaded,
                vision=model.vision,
                tools=model.tools,
                thinks=model.thinking != "none",
                speed=model.generation_tps,
                window=model.context_length,
            )

    # other processes ------------------------------------------------------------------------------------------------

    def later(self, seats: Sequence[Seat]) -> Callable[[Want], bool]:
        """Says which wants are left to another process for a moment; ``left_some`` is set when there were any."""
        now = asyncio.get_running_loop().time()
        self.left_some = False

        def leave(want: Want) -> bool:
            if not self.elsewhere or not placement.better_elsewhere(want, seats, self.elsewhere):
                return False
            if now - self._left.setdefault(want.generation, now) >= GRACE_SECONDS:
                return False
            self.left_some = True
            return True

        return leave

    def tidy(self) -> None:
        """Forgets what was left long ago, and breakers that are closed."""
        now = asyncio.get_running_loop().time()
        self._left = {pk: since for pk, since in self._left.items() if now - since < FORGET_SECONDS}
        self._breakers = {key: one for key, one in self._breakers.items() if not one.idle}
