"""The bot of a serving process, so that one process is a whole site."""

import asyncio
import logging
from importlib import import_module

from meatlizard.lifecycle import service

log = logging.getLogger(__name__)

REFUSED_SECONDS = 300.0
"""Between two tries, while Discord refuses the token or an intent: somebody may mend that at Discord without restarting the site."""


@service("discord.bot")
async def run_bot() -> None:
    # Half a second, and 20 MB: only where there is a bot.
    running = await asyncio.to_thread(import_module, "discordbridge.running")
    while True:
        try:
            await running.run_while_leased()
        except running.CannotRun as error:
            log.error("discord.cannot_run", extra={"reason": str(error)})
            await asyncio.sleep(REFUSED_SECONDS)
        except running.LeaseLost:
            log.warning("discord.lease_lost")
        except ConnectionError as error:
            log.warning("discord.unreachable", extra={"reason": str(error)})
            raise
