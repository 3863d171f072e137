"""The dispatcher of one site process: brings waiting generations to the nodes whose links this process holds.

It acts on hints at once and looks into the database twice a second as well, since hints may be lost: for waiting work,
for stops, for nodes that were revoked, paused or connected elsewhere. Every few seconds it reaps expired leases.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext

from chat import claims, generations, nodes, samples, task_claims
from chat.artifacts.jobs import sweep_artifacts
from chat.attachments.jobs import sweep_attachments
from chat.bus import Control
from chat.claims import Claimed
from chat.hub import CONTROL, hub
from chat.inference.placement import Want
from chat.inference.seating import GRACE_SECONDS, Seating
from chat.inference.session import NodeSession
from chat.inference.stream import Stream
from chat.inference.task_dispatch import TaskDispatch
from chat.jobs import empty_trash, purge_prompts, purge_tasks
from chat.routes import replies
from chat.temporary.desk import desk
from chat.temporary.words import TOPIC as DESK
from inference_client.protocol.messages import Order
from meatlizard.budgets import actions as budgets
from meatlizard.ops import switches
from meatlizard.threads import database_queue, in_database, in_database_first

log = logging.getLogger(__name__)

CROWD = 2
"""Calls waiting for the database beyond which a claim waits for GATHER_SECONDS, to serve more of them."""

GATHER_SECONDS = 0.008

LOOK_SECONDS = 0.5
REAP_SECONDS = 5.0

BATCH = 16
"""Generations that one claim takes at most."""

PURGE_SECONDS = 3600.0
RESUME_SECONDS = 5.0
"""Between two orders to a node that has not heard that its pause on the site is over."""


class Dispatcher:
    """One per process; ``attach`` and ``detach`` are called by the node sockets, the rest by itself."""

    def __init__(self) -> None:
        self._sessions: dict[str, NodeSession] = {}
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._waiting = True
        self._seating = Seating()
        self._tasks = TaskDispatch(self._seating)
        self._resumed: dict[str, float] = {}

    def attach(self, session: NodeSession) -> None:
        """A node has said hello. An older link of the same node in this process closes; one elsewhere is found by
        looking.
        """
        for other in self._sessions.values():
            if other.node == session.node and other is not session:
                other.close("replaced")
        session.wake = self._wake.set
        session.report = self._seating.reporter(session.node)
        self._sessions[session.id] = session

    def detach(self, session: NodeSession) -> None:
        self._sessions.pop(session.id, None)

    def live(self, generation: UUID) -> Stream | None:
        """The text so far, where a node's link is in this process: up to a fifth of a second ahead of the database."""
        streams = (session.stream(generation) for session in self._sessions.values())
        return next((stream for stream in streams if stream is not None), None)

    # hints ----------------------------------------------------------------------------------------------------------

    def event(self, topic: str, frame: str) -> None:
        control = Control.model_validate_json(frame)
        if control.do == "work":
            self._waiting = True
            self._wake.set()
        elif control.do == "stop":
            for session in self._sessions.values():
                session.stop(UUID(control.id))
        elif control.do == "node":
            self._look.set()
        elif control.do == "task":
            self._tasks.hint()
            self._wake.set()
        elif control.do == "order":
            wanted = nodes.NodeOrder.model_validate_json(control.id)
            for session in self._sessions.values():
                if session.node == wanted.node and session.ready:
                    session.order(wanted.order)

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Of no interest here."""

    # the loops ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serves until cancelled."""
        self._wake, self._look = asyncio.Event(), asyncio.Event()
        if not settings.MULTIPROCESS:
            await in_database(nodes.forget_sessions)
        desk.wake = self._wake.set
        hub.join(CONTROL, self)
        hub.join(DESK, desk)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._dispatch())
                tasks.create_task(self._watch())
                tasks.create_task(self._reap())
                tasks.create_task(self._purge())
        finally:
            hub.leave(CONTROL, self)
            hub.leave(DESK, desk)

    async def _dispatch(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            held = switches.remembered().holds
            if held and not switches.remembered().trying:
                continue
            try:
                if held:
                    # Whether all is well again is tried by operators; what others ask waits for the end.
                    await self._hand_out_all()
                    continue
                await self._hand_out_temporary(fairly=True)
                await self._hand_out_all()
                await self._hand_out_temporary(fairly=False)
                await self._tasks.hand_out(list(self._sessions.values()))
            except DatabaseTrouble:
                log.exception("dispatch.database_error")

    async def _hand_out_all(self) -> None:
        """Gives out work until nothing fits any more. A claim is the dearest query of a request, so it is made only while
        something is known to wait, and once for all nodes together.
        """
        new = [session for session in self._sessions.values() if session.ready and session.standing is None]
        if new:
            # Whether it may work at all is known before it gets the first job.
            await self._check(new)
        while self._waiting and await self._hand_out():
            pass

    async def _hand_out_temporary(self, *, fairly: bool) -> None:
        """What is no row waits its turn among those that are: ``fairly`` only what was asked before the first of them."""
        if not desk.waiting:
            return
        new = [session for session in self._sessions.values() if session.ready and session.standing is None]
        if new:
            await self._check(new)
        before = await in_database(claims.first_rank) if fairly else None
        await desk.hand_out(
            lambda: self._seating.seats(self._sessions.values()), self._sessions, self._seating.started, before
        )

    async def _hand_out(self) -> bool:
        if database_queue() > CROWD:
            # Many ask at once: their questions gather for one claim, which then goes ahead of those still to be stored.
            await asyncio.sleep(GATHER_SECONDS)
        seats = self._seating.seats(self._sessions.values())
        room = sum(seat.free() for seat in seats)
        if not room:
            return False
        # Who answered last matters where there is a choice.
        choices = sum(offer.kind == "chat" for seat in seats for offer in seat.offers)
        memory = choices > 1 or bool(self._seating.elsewhere)
        # In this order: a hint that comes during the query must not be overwritten by its answer.
        self._waiting = False
        later = held_back(self._seating.later(seats))
        claimed, more = await in_database_first(claims.claim_and_look, seats, min(BATCH, room), later, memory)
        self._waiting = self._waiting or more
        for name, one in claimed:
            session = self._sessions.get(name)
            if session is None or session.closed:
                gone = gettext("The machine went away.")
                await in_database(generations.give_back, one.generation, one.epoch, "interrupted", gone)
            elif not (replies.may_be_known(one) and await replies.given(one)):
                self._seating.started(session.node, one.model)
                self._start(session, one)
        if self._seating.left_some:
            asyncio.get_running_loop().call_later(GRACE_SECONDS, self._wake.set)
        return bool(claimed)

    @staticmethod
    def _start(session: NodeSession, claimed: Claimed) -> None:
        try:
            session.start(claimed)
        except Exception:
            # Whatever is wrong with this one must not cost the others of the batch theirs. Its lease runs out.
            log.exception("dispatch.cannot_start", extra={"generation": str(claimed.generation)})

    async def _watch(self) -> None:
        while True:
            # Not wait_for: until Python 3.12 it can swallow the cancellation that ends this service.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look.wait()
            self._look.clear()
            try:
                await desk.tick(self._sessions)
            except DatabaseTrouble:
                log.exception("dispatch.database_error")
            if not self._sessions:
                continue
            sessions = list(self._sessions.values())
            try:
                await self._check(sessions)
                await self._keep_seating(sessions)
                self._waiting = await in_database(claims.any_waiting) or self._waiting
                await self._tasks.look(sessions)
            except DatabaseTrouble:
                log.exception("dispatch.database_error")
            self._wake.set()

    async def _keep_seating(self, sessions: list[NodeSession]) -> None:
        for node, alias, state, seconds in self._seating.changes(sessions):
            log.warning("node.breaker", extra={"node": str(node), "model": alias, "state": state})
            await in_database(nodes.show_breaker, node, alias, state, seconds)
        if settings.MULTIPROCESS:
            self._seating.elsewhere = await in_database(nodes.elsewhere)
        self._seating.tidy()

    async def _check(self, sessions: list[NodeSession]) -> None:
        # Looked at before the query: one that says hello meanwhile is not in what the query has read.
        ready = {session.id for session in sessions if session.ready}
        standings = await in_database(nodes.standings, [session.node for session in sessions])
        for session in sessions:
            standing = standings.get(session.node)
            if standing is None or standing.revoked:
                session.close("revoked")
            elif standing.public_key != session.key:
                session.close("unknown_key")
            elif session.id in ready and standing.session != session.id:
                session.close("replaced")
            else:
                session.standing = standing
                self._end_pause(session, standing)
                for stream in session.unconfirmed_stops():
                    await session.give_up(stream)
                if session.streams:
                    for generation in await in_database(generations.stops_wanted, session.id):
                        session.stop(generation)

    def _end_pause(self, session: NodeSession, standing: nodes.Standing) -> None:
        """The order that ended a pause may have been lost; the row has not."""
        said = session.presence.availability
        if standing.paused or (said.state, said.why) != ("paused", "site"):
            return
        now = asyncio.get_running_loop().time()
        if now - self._resumed.get(session.id, float("-inf")) >= RESUME_SECONDS:
            self._resumed = {name: at for name, at in self._resumed.items() if name in self._sessions}
            self._resumed[session.id] = now
            session.order(Order(do="resume"))

    async def _purge(self) -> None:
        while True:
            try:
                await in_database(samples.purge)
                await in_database(purge_tasks.enqueue)
                await in_database(empty_trash.enqueue)
                await in_database(sweep_attachments.enqueue)
                await in_database(sweep_artifacts.enqueue)
                await in_database(purge_prompts.enqueue)
            except DatabaseTrouble:
                log.exception("dispatch.database_error")
            await asyncio.sleep(PURGE_SECONDS)

    async def _reap(self) -> None:
        while True:
            try:
                await in_database(task_claims.reap)
                await in_database(budgets.expire)
                reaped = await in_database(generations.reap)
                if reaped:
                    log.warning(
                        "leases.reaped",
                        extra={
                            "requeued": len(reaped.requeued),
                            "failed": len(reaped.failed),
                            "cancelled": len(reaped.cancelled),
                        },
                    )
            except DatabaseTrouble:
                log.exception("dispatch.database_error")
            await asyncio.sleep(REAP_SECONDS)


def held_back(later: Callable[[Want], bool]) -> Callable[[Want], bool]:
    """During maintenance everybody's turn comes later but operators'."""
    state = switches.remembered()
    return (lambda want: want.user not in state.trying or later(want)) if state.holds else later


dispatcher = Dispatcher()
