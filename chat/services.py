"""The long-running parts of the chat in a serving process."""

from chat.bus import bus
from chat.inference.dispatch import dispatcher
from chat.knowledge import upkeep
from chat.notifier import notifier
from chat.preparing.service import preparer
from chat.routes.service import keep
from chat.tools import choices  # noqa: F401  (registers its own)
from chat.tools.mcp import keeper  # noqa: F401  (likewise)
from chat.transcripts import services  # noqa: F401  (likewise)
from meatlizard.lifecycle import service


@service("chat.bus")
async def run_bus() -> None:
    await bus.run()


@service("chat.dispatcher")
async def run_dispatcher() -> None:
    await dispatcher.run()


@service("chat.notifier")
async def run_notifier() -> None:
    await notifier.run()


@service("chat.preparing")
async def run_preparing() -> None:
    await preparer.run()


@service("chat.knowledge")
async def run_knowledge() -> None:
    await upkeep.keep()


@service("chat.routes")
async def run_routes() -> None:
    await keep()
