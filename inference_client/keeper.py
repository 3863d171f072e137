"""Keeps what runs within what the owner allows: tells the site when that changes, follows orders, ends a drained client."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from inference_client import __version__, owner
from inference_client.battery import on_battery
from inference_client.control import Request, State
from inference_client.engines.base import Engine
from inference_client.engines.fleet import Fleet
from inference_client.link import Link
from inference_client.machine import Machine
from inference_client.owner import Limits, Memory, Senses, Who, Wishes
from inference_client.problems import Exit, Problem
from inference_client.protocol.messages import Availability, Order
from inference_client.session import Session
from inference_client.state import Home, write_private

log = logging.getLogger(__name__)

NAME: Final = "wishes.json"
LOOK_SECONDS: Final = 5.0
DRAIN_LOOK_SECONDS: Final = 0.2
LINGER_SECONDS: Final = 120.0
"""How long a drained client that wrote its last answer waits for a site that is away to take it."""

_DONE: Final = {"pause": "paused", "resume": "goes on", "drain": "ends what it runs, then itself"}


class Keeper:
    """``run`` while the link runs. ``battery`` and ``temperature`` may block; they are asked only if a limit needs them."""

    def __init__(
        self,
        home: Home,
        link: Link,
        session: Session,
        engine: Engine,
        limits: Limits,
        *,
        battery: Callable[[], bool | None] = on_battery,
        temperature: Callable[[], float | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        local_time: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._home, self._link, self._session, self._engine, self._limits = home, link, session, engine, limits
        self._battery = battery
        if temperature is None and limits.pause_above is not None:
            temperature = Machine().temperature
        self._temperature = temperature or (lambda: None)
        self._clock = clock
        self._local_time = local_time
        self._wishes = _kept(home)
        self._memory = Memory()
        self._senses = Senses(local_time(), clock())
        self._kick = asyncio.Event()
        self._since = clock()
        self._idle_since: float | None = None
        self.availability = Availability(state="open")

    async def look(self) -> None:
        """Decides anew, and tells the site if that changes anything."""
        self._senses = await asyncio.to_thread(self._sensed)
        self._decide()

    async def run(self) -> None:
        """Ends only by cancellation; a drained client's link is stopped."""
        while True:
            await self.look()
            if self._wishes.draining is not None:
                self._leave_when_empty()
            pause = LOOK_SECONDS if self._wishes.draining is None else DRAIN_LOOK_SECONDS
            try:
                async with asyncio.timeout(pause):
                    await self._kick.wait()
            except TimeoutError:
                pass
            self._kick.clear()

    def ordered(self, order: Order) -> None:
        """The site's operator says so."""
        try:
            self._follow(order.do, order.model, "site")
        except Problem as problem:
            log.warning("the site's order to %s %s: %s", order.do, order.model, problem.message)

    def asked(self, request: Request) -> State:
        """The owner says so. Returns the state after it; raises Problem."""
        if request.do != "status":
            log.info("the owner asks to %s %s", request.do, request.model)
            self._follow(request.do, request.model, "owner")
        return self.state()

    def state(self) -> State:
        """For ``status``: what a person may want to know."""
        fleet = self._engine if isinstance(self._engine, Fleet) else None
        occupancy = fleet.occupancy() if fleet else {}
        models = [
            info.model_dump(mode="json")
            | dict(zip(("given", "waiting"), occupancy.get(info.alias, (0, 0)), strict=True))
            for info in self._engine.models()
        ]
        return {
            "version": __version__,
            "pid": os.getpid(),
            "uptime": self._clock() - self._since,
            "connected": self._link.connected.is_set(),
            "availability": self.availability.model_dump(mode="json"),
            "running": self._session.running,
            "models": models,
            "problems": fleet.problems() if fleet else {},
            "on_battery": self._senses.on_battery,
            "temperature": self._senses.temperature,
        }

    # --- inside -----------------------------------------------------------------------------------------------------

    def _follow(self, do: str, model: str, who: Who) -> None:
        if do in ("load", "unload"):
            self._in_or_out(do, model)
            return
        change = {"pause": owner.paused, "resume": owner.resumed, "drain": owner.drained}[do]
        wishes = change(self._wishes, who)
        if wishes == self._wishes:
            if do == "resume" and wishes.paused is not None:
                raise Problem("owner_paused", "the machine's owner paused it; only the owner resumes it", Exit.CONTROL)
            return
        self._wishes = wishes
        log.info("the client %s (by the %s)", _DONE[do], who)
        _keep(self._home, wishes)
        self._decide()
        self._kick.set()

    def _in_or_out(self, do: str, model: str) -> None:
        known = {info.alias for info in self._engine.models()}
        if isinstance(self._engine, Fleet):
            known |= set(self._engine.problems())
        if model not in known:
            names = ", ".join(sorted(known)) or "none"
            raise Problem("unknown_model", f"there is no model {model!r} here; there are: {names}", Exit.CONTROL)
        if do == "load":
            self._engine.load(model)
        else:
            self._engine.unload(model)

    def _sensed(self) -> Senses:
        limits = self._limits
        return Senses(
            self._local_time(),
            self._clock(),
            self._battery() if limits.pause_on_battery else None,
            self._temperature() if limits.pause_above is not None else None,
        )

    def _decide(self) -> None:
        before = self.availability
        self.availability, self._memory = owner.decide(self._senses, self._wishes, self._limits, self._memory)
        if self.availability != before:
            state, why = self.availability.state, self.availability.why.replace("_", " ")
            log.info("this machine is %s%s", state, f" ({why})" if why else "")
            self._link.availability_changed(self.availability)

    def _leave_when_empty(self) -> None:
        now = self._clock()
        if self._session.running:
            self._idle_since = None
            return
        self._idle_since = now if self._idle_since is None else self._idle_since
        if not self._session.unsent or now - self._idle_since > LINGER_SECONDS:
            log.info("nothing runs any more; the client ends")
            self._link.stop()


def _kept(home: Home) -> Wishes:
    """A pause outlasts a restart: who paused the machine does not want it to begin again by itself."""
    try:
        paused = json.loads((home.path / NAME).read_text("utf-8")).get("paused")
    except (OSError, ValueError, AttributeError):
        return Wishes()
    return Wishes(paused=paused if paused in ("owner", "site") else None)


def _keep(home: Home, wishes: Wishes) -> None:
    try:
        write_private(home.path / NAME, json.dumps({"paused": wishes.paused}).encode() + b"\n")
    except OSError as error:
        log.warning("the pause will not outlast a restart: %s", error.strerror)
