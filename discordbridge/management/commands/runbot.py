"""``manage.py runbot``: the Discord bot in a process of its own, beside a site with Redis."""

import asyncio
import logging
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chat.services import run_bus, run_knowledge, run_notifier, run_routes
from chat.tools.choices import keep_choices
from meatlizard.metrics.services import keep_metrics
from meatlizard.moderation.upkeep import keep_rules
from meatlizard.ops.services import keep_switches

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0

BESIDE = (run_bus, run_notifier, run_knowledge, run_routes, keep_choices, keep_rules, keep_switches, keep_metrics)
"""What a process needs that takes questions: news, the queue, and what moderators and operators have changed since it started."""


class Command(BaseCommand):
    help = "Runs the Discord bot until Ctrl-C."
    requires_system_checks = "__all__"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DISCORD_TOKEN:
            raise CommandError("DISCORD_TOKEN is not set. See docs/DISCORD.md.")
        if not settings.REDIS_URL:
            raise CommandError(
                "REDIS_URL is not set: this process would not hear of answers that the site writes. Set it, or let the site run the bot "
                "(DISCORD_IN_SITE=true and `make run`)."
            )
        asyncio.run(self._run())
        self.stdout.write("Stopped.")

    async def _run(self) -> None:
        task = asyncio.create_task(self._serve())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            pass

    async def _serve(self) -> None:
        beside = [asyncio.ensure_future(part()) for part in BESIDE]
        bot = asyncio.create_task(self._keep_running())
        try:
            await asyncio.wait({bot, *beside}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (bot, *beside):
                task.cancel()
            results = await asyncio.gather(bot, *beside, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _keep_running(self) -> None:
        from discordbridge.running import CannotRun, LeaseLost, run_while_leased

        pause = 1.0
        self.stdout.write("The bot starts.")
        self.stdout.flush()
        while True:
            try:
                await run_while_leased()
            except CannotRun as error:
                raise CommandError(str(error)) from None
            except LeaseLost:
                log.warning("discord.lease_lost")
            except ConnectionError as error:
                log.warning("discord.unreachable", extra={"reason": str(error), "again_in_seconds": pause})
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
