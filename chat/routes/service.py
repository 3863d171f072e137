"""The part of a serving process that looks after routes: what is remembered of them, and answers whose model has gone away meanwhile."""

import asyncio
import logging

from django.db import Error as DatabaseTrouble

from chat.routes import rules, table, waiting
from chat.routes.similar import examples
from meatlizard.ops.watched import FRESH_SECONDS
from meatlizard.threads import in_database, in_thread
from meatlizard.vectors import embedding

log = logging.getLogger(__name__)


LEARN_SECONDS = 30.0
"""Until the examples are tried to be learned again where nothing turned them into vectors."""


async def keep() -> None:
    """Serves until cancelled."""
    await in_thread(rules.warm)
    async with asyncio.TaskGroup() as parts:
        parts.create_task(_look())
        parts.create_task(_learn())


async def _look() -> None:
    while True:
        try:
            if (await in_database(table.watched.refresh)).on:
                await in_database(waiting.turn_to_others)
        except DatabaseTrouble:
            log.exception("routes.database_error")
        await asyncio.sleep(FRESH_SECONDS)


async def _learn() -> None:
    """Apart from the other, which must not wait for a machine."""
    while True:
        known, pause = table.watched.remembered(table.OFF), FRESH_SECONDS
        if known.on and known.similarity and not examples.ready(known):
            try:
                await examples.learn(known)
            except embedding.Unavailable as why:
                log.info("routes.not_learned", extra={"why": why.message})
                pause = LEARN_SECONDS
            except DatabaseTrouble:
                log.exception("routes.database_error")
        await asyncio.sleep(pause)
