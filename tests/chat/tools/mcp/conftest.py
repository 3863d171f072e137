"""Servers of the tests: programs that are run by this Python."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chat.models import McpServer

FAKE = Path(__file__).parents[3] / "fakes" / "mcp_server.py"
Connect = Callable[..., "McpServer"]


@pytest.fixture(autouse=True)
def this_python(settings: Any) -> None:
    settings.MCP_COMMANDS = [sys.executable]


@pytest.fixture(autouse=True)
def no_servers() -> None:
    """Nothing is remembered of those of the test before."""
    from chat.tools.mcp import servers

    servers.known.hold(servers.NONE)


@pytest.fixture
def connect(transactional_db: None) -> Connect:
    """``connect("good")``: the fake server with that behaviour, as an operator connects one; ``module``: another program instead."""
    from chat.models import McpServer
    from chat.tools.mcp import actions

    def make(behaviour: str = "good", *more: str, name: str = "fake", module: str = "", **fields: Any) -> "McpServer":
        start = ["-m", module] if module else [str(FAKE), behaviour]
        secrets = fields.pop("secrets", None)
        row = McpServer(name=name, kind="stdio", command=sys.executable, arguments=[*start, *more], **fields)
        return actions.save(row, secrets)

    return make


async def until(condition: Callable[[], Any], what: str, seconds: float = 30) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds} seconds") from None
