"""Servers as a process remembers them, and their tools as the registry shows them."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from chat.models import McpServer, McpTool
from chat.tools import registry
from chat.tools.arguments import any_object
from chat.tools.choices import version, watching
from chat.tools.registry import Call, Result, Tool
from meatlizard.ops.watched import Watched
from meatlizard.security import sealed

log = logging.getLogger(__name__)

PURPOSE = "mcp server"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is and what it needs; never logged, since ``secrets`` are in the clear."""

    pk: UUID
    name: str
    kind: str
    command: str = ""
    arguments: tuple[str, ...] = ()
    address: str = ""
    private: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: int = 30
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class Servers:
    servers: Mapping[UUID, Server] = field(default_factory=dict)
    tools: Mapping[str, Tool] = field(default_factory=dict)


NONE = Servers()


def _read() -> Servers:
    servers = {row.pk: _server(row) for row in McpServer.objects.filter(enabled=True)}
    rows = McpTool.objects.filter(server__in=servers, gone=False, problem="") if servers else ()
    return Servers(
        servers, {row.tool: made for row in rows if (made := _tool(row, servers[row.server_id])) is not None}
    )


known: Watched[Servers] = Watched(version, _read)
watching.append(known)


def shelf() -> Mapping[str, Tool]:
    """For the registry: what this process has read already."""
    return known.remembered(NONE).tools


registry.shelf(shelf)


def opened(row: McpServer) -> dict[str, str]:
    """Raises sealed.Unopened."""
    return dict(json.loads(sealed.opened(row.secrets, PURPOSE))) if row.secrets else {}


def _server(row: McpServer) -> Server:
    try:
        secrets = opened(row)
    except sealed.Unopened:
        log.error("mcp.secrets_lost", extra={"server": row.name})
        secrets = {}
    return Server(
        row.pk, row.name, row.kind, row.command, tuple(str(one) for one in row.arguments), row.address, row.private,
        secrets, row.seconds, row.wanted,
    )  # fmt: skip


def _tool(row: McpTool, server: Server) -> Tool | None:
    accepted = row.accepted == row.fingerprint
    tool = Tool(
        row.tool, row.description, row.parameters, partial(_call, server.pk, row.name, row.accepted), any_object,
        title=row.title or f"{server.name}: {row.name}", effects=True, foreign=True, approval=True,
        seconds=server.seconds, state="off", origin=server.name, ready=lambda: accepted,
    )  # fmt: skip
    try:
        tool.wire  # noqa: B018  (refuses)
    except ValueError:
        log.exception("mcp.tool_refused", extra={"server": server.name})
        return None
    return tool


async def _call(server: UUID, name: str, accepted: str, call: Call, /, **arguments: Any) -> Result:
    # Late: what connects brings the protocol's package with it.
    from chat.tools.mcp import links

    return await links.call(server, name, accepted, arguments)
