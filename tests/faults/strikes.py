"""What is done to the parts of a :class:`~tests.faults.stage.Stage`, how it is undone, and what the health page has to say meanwhile."""

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil  # type: ignore[import-untyped]

from tests.faults.stage import Stage
from tests.services.programs import Program, wait_until

TELL_SECONDS = 10.0
"""I6: so soon the health page has to name the part."""


@dataclass(frozen=True)
class Part:
    """``health``: its name on the health page, or None where that asks for more time than a strike takes (see :func:`told`)."""

    name: str
    program: Callable[[Stage], Program]
    restart: Callable[[Stage], Any]
    health: str | None = None


PARTS = {
    part.name: part
    for part in (
        Part("database", lambda stage: stage.postgres.program, lambda stage: stage.postgres.start(), "database"),
        Part("cache", lambda stage: stage.redis.program, lambda stage: stage.redis.start(), "cache"),
        Part("store", lambda stage: stage.store.program, lambda stage: None, "storage"),
        Part("worker", lambda stage: stage.worker.program, lambda stage: stage.worker.start()),
        Part("client", lambda stage: stage.client.program, lambda stage: stage.client.start()),
        Part("site", lambda stage: stage.sites[1].program, lambda stage: stage.sites[1].start()),
    )
}


def family(program: Program) -> list[psutil.Process]:
    me = psutil.Process(program.pid)
    return [me, *me.children(recursive=True)]


def strike(stage: Stage, name: str, way: str) -> Callable[[], None]:
    """Kills, pauses or restarts; what is returned undoes it."""
    part = PARTS[name]
    program = part.program(stage)
    if way == "kill":
        program.kill()
        return lambda: part.restart(stage)
    if way == "restart":
        program.stop(signal.SIGINT if name == "database" else signal.SIGTERM, 60)
        return lambda: part.restart(stage)
    frozen = family(program)
    for one in frozen:
        one.suspend()

    def wake() -> None:
        for one in frozen:
            with suppress(psutil.NoSuchProcess):
                one.resume()

    return wake


def health(stage: Stage, of: int = 0) -> dict[str, Any]:
    """What the process number ``of`` says: past the front server, which may choose another."""
    try:
        with urllib.request.urlopen(f"{stage.sites[of].url}/health", timeout=TELL_SECONDS) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as refused:
        said = json.load(refused)
    return dict(said)


def told(stage: Stage, name: str) -> float:
    """Waits until the health page names the part as down; how many seconds that took. Returns 0 at once for parts it has another time for."""
    began = time.monotonic()
    if (component := PARTS[name].health) is not None:
        wait_until(
            lambda: health(stage)["components"][component]["state"] == "down", f"{component} is said to be down", 60
        )
    elif name == "client":
        wait_until(
            lambda: health(stage)["components"]["inference"]["state"] != "good", "the client is said to be away", 60
        )
    return time.monotonic() - began


def well(stage: Stage) -> bool:
    return all(part["state"] != "down" for part in health(stage)["components"].values())
