"""Runs the bot in this process, while this process has the lease; what keeps it from running, in words."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterator

import aiohttp
import discord
from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext

from discordbridge.actions import lease
from discordbridge.bot import Bot
from meatlizard.threads import in_database

log = logging.getLogger(__name__)

LEASE_SECONDS = 30.0
RENEW_SECONDS = 8.0

TOKEN_REFUSED, INTENTS_WRONG, INTENTS_OFF = 4004, 4013, 4014


class CannotRun(Exception):
    """Trying again does not help: somebody has to change something first. The message says what."""


class LeaseLost(Exception):
    """Another process runs the bot now."""


async def run_while_leased() -> None:
    """Waits for its turn, then runs the bot until cancelled. Raises CannotRun, LeaseLost, and what discord.py raises."""
    owner = uuid.uuid4().hex
    waiting = False
    try:
        while not await in_database(lease.take, owner, LEASE_SECONDS):
            if not waiting:
                waiting = True
                log.info("discord.waiting", extra={"reason": "another process runs the bot"})
            await asyncio.sleep(RENEW_SECONDS)
        await _run(owner)
    finally:
        with contextlib.suppress(DatabaseTrouble):
            await asyncio.shield(in_database(lease.give_back, owner))


async def _run(owner: str) -> None:
    async with Bot() as bot:
        running = asyncio.create_task(_start(bot))
        holding = asyncio.create_task(_hold(owner))
        try:
            done, _ = await asyncio.wait({running, holding}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (running, holding):
                task.cancel()
            await asyncio.gather(running, holding, return_exceptions=True)
        for task in done:
            task.result()


async def _start(bot: Bot) -> None:
    with in_words():
        await bot.start(settings.DISCORD_TOKEN)


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """What discord.py raises while it logs in, as CannotRun or ConnectionError."""
    try:
        yield
    except discord.LoginFailure:
        raise CannotRun(_words(TOKEN_REFUSED)) from None
    except discord.PrivilegedIntentsRequired:
        raise CannotRun(_words(INTENTS_OFF)) from None
    except discord.ConnectionClosed as error:
        if error.code in (TOKEN_REFUSED, INTENTS_WRONG, INTENTS_OFF):
            raise CannotRun(_words(error.code)) from None
        raise
    except (aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound, OSError) as error:
        # Before the first connection discord.py does not try again by itself.
        raise ConnectionError(f"Discord cannot be reached: {type(error).__name__}") from error


async def _hold(owner: str) -> None:
    """Keeps the lease. A database that is away for a while is no reason to leave, until the lease has run out."""
    clock = asyncio.get_running_loop().time
    until = clock() + LEASE_SECONDS
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            if await in_database(lease.take, owner, LEASE_SECONDS):
                until = clock() + LEASE_SECONDS
                continue
        except DatabaseTrouble as error:
            log.warning("discord.lease_not_renewed", extra={"error": type(error).__name__})
            if clock() + RENEW_SECONDS < until:
                continue
        raise LeaseLost


def _words(code: int) -> str:
    if code == TOKEN_REFUSED:
        return gettext(
            "Discord refuses DISCORD_TOKEN. Make a new token on the page of your application at Discord (Bot, Reset Token) and set it."
        )
    if code == INTENTS_WRONG:
        return gettext(
            "Discord does not know one of the intents the bot asks for: this version of the site is too old for it."
        )
    return gettext(
        "Discord does not allow the bot to see members and the text of messages. Switch on 'Server Members Intent' and 'Message Content "
        "Intent' on the page of your application at Discord (Bot), and start it again."
    )
