"""The bot in a process of its own hears what operators and moderators have changed elsewhere."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from chat.models import McpServer, McpTool, ToolChoice, ToolPolicy
from chat.tools import choices
from chat.tools.mcp import servers
from discordbridge.management.commands import runbot
from meatlizard.moderation import rulebook
from meatlizard.moderation.models import Policy
from meatlizard.ops import switches
from meatlizard.ops.models import Switches
from meatlizard.threads import in_database


@pytest.mark.django_db(transaction=True)
async def test_what_is_switched_off_elsewhere_is_off_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(switches, "FRESH_SECONDS", 0.05)
    monkeypatch.setattr(rulebook, "FRESH_SECONDS", 0.05)
    monkeypatch.setattr(choices, "FRESH_SECONDS", 0.05)
    command = runbot.Command()
    never: Callable[[], object] = asyncio.Event().wait
    monkeypatch.setattr(command, "_keep_running", never)
    serving = asyncio.create_task(command._serve())
    try:
        # As another process does it: nothing but the rows.
        await in_database(lambda: Switches.objects.create(pk=1, version=7, maintenance="soft"))
        await in_database(lambda: Policy.objects.update_or_create(pk=1, defaults={"version": 7}))
        await in_database(_switch_tools)
        async with asyncio.timeout(20):
            while not (
                switches.remembered().maintenance == "soft"
                and (book := rulebook.remembered()) is not None
                and book.version == 7
                and choices.chosen.remembered(choices.Choices()).tools.get("calculator") == choices.Choice("off")
                and "away__shout" in servers.shelf()
            ):
                await asyncio.sleep(0.02)
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        rulebook.forget()
        choices.chosen.forget()
        servers.known.forget()


def _switch_tools() -> None:
    """One of the site's is off, and one of a server has come."""
    ToolChoice.objects.update_or_create(name="calculator", defaults={"state": "off"})
    server = McpServer.objects.create(name="away", kind="http", address="https://mcp.example/", enabled=True)
    McpTool.objects.create(server=server, name="shout", tool="away__shout", parameters='{"type": "object"}')
    ToolPolicy.objects.update_or_create(pk=1, defaults={"version": 7})
