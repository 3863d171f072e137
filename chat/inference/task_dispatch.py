"""Brings waiting tasks (embeddings, recordings, images, completions) to the nodes whose links this process holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext

from chat import task_claims
from chat.inference.placement import Seat
from chat.inference.seating import Seating
from chat.inference.session import NodeSession
from inference_client.protocol.vocabulary import Kind
from meatlizard.threads import in_database

KINDS: Final[dict[str, Kind]] = {"embedding": "embedding", "speech": "speech", "image": "image", "completion": "chat"}
"""Of tasks, each with the kind of model that does it. Answers in conversations have been given out before."""

BATCH = 8
"""Tasks that one claim takes at most, when a single node is there to take them."""


class TaskDispatch:
    """Part of the dispatcher. Asks the database only while a node is here that does such work, and something may wait."""

    def __init__(self, seating: Seating) -> None:
        self._seating = seating
        self._waiting = True

    def hint(self) -> None:
        """Something waits, somebody said."""
        self._waiting = True

    async def look(self, sessions: Iterable[NodeSession]) -> None:
        """Hints may have been lost."""
        offered = {model.kind for session in sessions for model in session.models.values()}
        kinds = [kind for kind, model in KINDS.items() if model in offered]
        if kinds and not self._waiting:
            self._waiting = await in_database(task_claims.any_waiting, kinds)

    async def hand_out(self, sessions: Sequence[NodeSession]) -> None:
        """Gives out tasks until nothing fits any more."""
        by_id = {session.id: session for session in sessions}
        while self._waiting and (seats := self._open(by_id)):
            # In this order: a hint that comes during the query must not be overwritten by its answer.
            self._waiting = False
            for seat in seats:
                if await self._claim(by_id[seat.session], seat, 1 if len(seats) > 1 else BATCH):
                    self._waiting = True

    def _open(self, sessions: Mapping[str, NodeSession]) -> list[Seat]:
        """Who may take a task now, first who has least to do."""
        seats = self._seating.seats(sessions.values())
        able = [seat for seat in seats if _room(seat) > 0]
        return sorted(able, key=lambda seat: sum(sessions[seat.session].busy().values()))

    async def _claim(self, session: NodeSession, seat: Seat, limit: int) -> bool:
        free = _free(seat)
        limit = min(limit, _room(seat))
        if limit <= 0 or (seat.own_only and seat.owner is None):
            return False
        only_of = seat.owner if seat.own_only else None
        claimed = await in_database(task_claims.claim, session.id, session.node, free, limit, only_of)
        for one in claimed:
            if session.closed:
                gone = gettext("The machine went away.")
                await in_database(task_claims.give_back, one.task, one.epoch, "interrupted", gone)
            else:
                self._seating.started(session.node, one.model)
                session.start_task(one)
        return bool(claimed) and not session.closed


def _free(seat: Seat) -> dict[str, dict[str, int]]:
    """Slots by kind and model that may be used now: one to try of a model whose breaker is half open."""
    offers = [offer for offer in seat.offers if offer.free > 0]
    return {kind: {offer.alias: offer.free for offer in offers if offer.kind == model} for kind, model in KINDS.items()}


def _room(seat: Seat) -> int:
    """Tasks that it may take now, within what owner and operator allow over all models."""
    return min(seat.room, sum(seat.free(model) for model in KINDS.values()))
