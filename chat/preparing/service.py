"""The part of a serving process that takes the site's turns: before a model is asked, and when it has asked for tools."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DataError, IntegrityError
from django.db import Error as DatabaseTrouble

from chat.bus import Control
from chat.hub import CONTROL, hub
from chat.models import Generation
from chat.preparing import leases, steps
from chat.preparing.steps import Answer
from chat.tools import approvals, calls, loop
from meatlizard.ops import switches
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often to look without a hint: hints may be lost, and processes killed."""

BATCH = 16
"""Answers that are prepared in one go, so that a step asks once for all."""

AT_ONCE = 4
"""Batches under way in one process: who comes later does not wait for a slow step."""

MOST_CALLING = 64
"""Answers whose tools one process runs at once."""


class Preparer:
    """One per process."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._owner = ""
        self._batches: dict[asyncio.Task[None], frozenset[UUID]] = {}
        self._calling: dict[UUID, asyncio.Task[None]] = {}

    def event(self, topic: str, frame: str) -> None:
        control = Control.model_validate_json(frame)
        if control.do == "prepare":
            self._wake.set()
        elif control.do == "stop" and (task := self._calling.get(UUID(control.id))) is not None:
            task.cancel()

    def delta(
        self, conversation: UUID, message: UUID, generation: UUID, offset: int, text: str, thinking: bool
    ) -> None:
        """Of no interest here."""

    async def run(self) -> None:
        """Serves until cancelled."""
        self._wake = asyncio.Event()
        self._owner = f"site {uuid4().hex}"
        if not settings.MULTIPROCESS:
            await in_database(leases.forget)
        hub.join(CONTROL, self)
        try:
            async with asyncio.TaskGroup() as parts:
                parts.create_task(self._take_turns())
                parts.create_task(self._renew())
        finally:
            hub.leave(CONTROL, self)
            await self._leave()

    async def _take_turns(self) -> None:
        while True:
            # Not wait_for: until Python 3.12 it can swallow the cancellation that ends this service.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                # Nobody can approve anything while the site only lets itself be read, and nothing is written then.
                if switches.remembered().read_only:
                    continue
                await in_database(approvals.expire)
                while self._has_room():
                    rows = await in_database(leases.take, self._owner, BATCH)
                    if not rows:
                        break
                    self._begin(rows)
            except DatabaseTrouble:
                log.exception("preparing.database_error")

    def _has_room(self) -> bool:
        return len(self._batches) < AT_ONCE and len(self._calling) < MOST_CALLING

    def _begin(self, rows: list[Generation]) -> None:
        if new := [row for row in rows if not steps.has_called(row)]:
            self._batches[self._spawn(self._prepare(new))] = frozenset(row.pk for row in new)
        for row in rows:
            if steps.has_called(row):
                self._calling[row.pk] = self._spawn(self._call(row))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: "asyncio.Task[None]") -> None:
        self._batches.pop(task, None)
        self._calling = {key: other for key, other in self._calling.items() if other is not task}
        self._wake.set()

    async def _call(self, row: Generation) -> None:
        try:
            try:
                await loop.run(row)
            except Exception as error:
                # What the database will not take now it will never take; from an outage it comes back.
                if isinstance(error, DatabaseTrouble) and not isinstance(error, DataError | IntegrityError):
                    raise
                # Nothing of the kind may happen; and if it does, the answer must not wait for ever.
                log.exception("tools.loop_failed", extra={"generation": str(row.pk)})
                await in_database(calls.give_up, row)
        except DatabaseTrouble:
            # Its lease runs out, and another process goes on with it.
            log.exception("preparing.database_error")

    async def _prepare(self, rows: list[Generation]) -> None:
        answers = [Answer(row, row.wants, row.sampling) for row in rows]
        # One over which processes have died is not to take another with it.
        await steps.take([one for one in answers if one.generation.lease_epoch <= leases.MOST_TURNS])
        try:
            await in_database(leases.ready, answers)
        except DatabaseTrouble:
            # Their leases run out, and they are prepared again.
            log.exception("preparing.database_error")

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(leases.SECONDS / 3)
            if under_way := {*self._calling, *chain.from_iterable(self._batches.values())}:
                try:
                    mine = await in_database(leases.renew, self._owner, under_way)
                except DatabaseTrouble:
                    log.exception("preparing.database_error")
                else:
                    self._end_others(mine)

    def _end_others(self, mine: set[UUID]) -> None:
        """A tool does not go on for an answer that was stopped, deleted or taken over."""
        for key, task in self._calling.items():
            if key not in mine:
                task.cancel()

    async def _leave(self) -> None:
        tasks = [*self._batches, *self._calling.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(DatabaseTrouble):
            await in_database(leases.let_go, self._owner)


preparer = Preparer()
