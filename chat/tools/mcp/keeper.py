"""Keeps links to MCP servers in a serving process. While no server is connected it costs one look into memory."""

import asyncio
import logging
from importlib import import_module
from types import ModuleType

from django.db import Error as DatabaseTrouble

from chat.tools.mcp.servers import known
from meatlizard.lifecycle import service
from meatlizard.ops.watched import FRESH_SECONDS
from meatlizard.threads import in_database

log = logging.getLogger(__name__)


@service("chat.mcp")
async def keep_links() -> None:
    links: ModuleType | None = None
    try:
        while True:
            try:
                if links is not None:
                    await links.tidy()
                elif (await in_database(known.refresh)).servers:
                    # In a thread: it takes a second, in which others' answers would stand still.
                    links = await asyncio.to_thread(_load)
                    continue
            except DatabaseTrouble:
                log.exception("mcp.database_error")
            await asyncio.sleep(FRESH_SECONDS)
    finally:
        if links is not None:
            await links.close_all()


def _load() -> ModuleType:
    return import_module("chat.tools.mcp.links")
