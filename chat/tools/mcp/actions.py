"""What is kept of servers and their tools."""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import McpServer, McpTool, ToolChoice
from chat.tools import choices
from chat.tools.mcp.addresses import checked
from chat.tools.mcp.listing import Listed
from chat.tools.mcp.servers import PURPOSE
from meatlizard.errors import Invalid
from meatlizard.security import sealed

MOST_SECRETS = 50
MOST_SECRET = 10_000
MOST_PROBLEM = 4_000


def may_start(command: str) -> None:
    """Raises Invalid for a program that the owner of the machine has not named."""
    if command not in settings.MCP_COMMANDS:
        raise Invalid(
            _(
                "Name this program in MCP_COMMANDS in the site's settings first: whoever chooses it runs it on this machine."
            ),
            code="mcp_command",
        )


def save(server: McpServer, secrets: Mapping[str, str] | None) -> McpServer:
    """``secrets``: None leaves those that are there. Its tools are read soon. Raises Invalid for a program that may not be started."""
    if server.kind == McpServer.Kind.STDIO:
        may_start(server.command)
    else:
        checked(server.address, server.private)
    if secrets is not None:
        server.secrets = sealed.seal(json.dumps(dict(secrets)), PURPOSE) if secrets else ""
    server.wanted, server.problem = True, ""
    with transaction.atomic():
        server.save()
        choices.changed()
    return server


def want(servers: Iterable[UUID]) -> int:
    """Has tools read again."""
    with transaction.atomic():
        count = McpServer.objects.filter(pk__in=list(servers), enabled=True).update(wanted=True)
        choices.changed()
    return count


def take(server: UUID) -> bool:
    """Whether this process is the one that reads a server's tools."""
    with transaction.atomic():
        won = McpServer.objects.filter(pk=server, wanted=True).update(wanted=False) == 1
        if won:
            choices.changed()
    return won


def told(server: UUID, problem: str) -> None:
    """How reading them went; without a problem, well."""
    words = problem.replace("\x00", "")[:MOST_PROBLEM]
    McpServer.objects.filter(pk=server).update(problem=words, **({} if words else {"read": timezone.now()}))


def keep(server: UUID, tools: Iterable[Listed]) -> None:
    """Keeps what a server says of its tools. One of which it says something else than before is switched off until an operator has
    looked; what it does not name any more is gone, and comes back as it was.
    """
    with transaction.atomic():
        row = McpServer.objects.select_for_update().filter(pk=server).first()
        if row is None:
            return
        before = {one.name: one for one in McpTool.objects.filter(server=row)}
        changed = [_kept(row, before.pop(one.name, None), one) for one in tools]
        gone = [one.pk for one in before.values() if not one.gone]
        if gone:
            McpTool.objects.filter(pk__in=gone).update(gone=True)
        if gone or any(changed):
            choices.changed()


def _kept(server: McpServer, row: McpTool | None, one: Listed) -> bool:
    """Whether anything of it is new."""
    if row is not None and row.fingerprint == one.fingerprint and row.problem == one.problem and not row.gone:
        return False
    if row is None:
        row = McpTool(server=server, name=one.name, tool=one.tool)
    elif row.fingerprint != one.fingerprint and row.accepted:
        ToolChoice.objects.filter(name=row.tool).update(
            state=ToolChoice.State.OFF, note=_("Switched off: what its server says of it has changed. Look at it.")
        )
    row.title, row.description, row.parameters = one.title, one.description, one.parameters
    row.fingerprint, row.problem, row.gone = one.fingerprint, one.problem, False
    row.save()
    return True


def seen(tool: str) -> str:
    """The fingerprint of what an operator is shown of an MCP server's tool; empty for any other."""
    return McpTool.objects.filter(tool=tool).values_list("fingerprint", flat=True).first() or ""


def accept(tool: str, fingerprint: str) -> bool:
    """An operator has looked at it as it was with ``fingerprint`` and lets it be called. False: it has changed meanwhile."""
    if not McpTool.objects.filter(tool=tool).exists():
        return True
    return McpTool.objects.filter(tool=tool, fingerprint=fingerprint).update(accepted=fingerprint) == 1


def forget(server: McpServer) -> None:
    """With its tools and what was chosen about them."""
    with transaction.atomic():
        ToolChoice.objects.filter(name__in=server.tools.values("tool")).delete()
        server.delete()
        choices.changed()
