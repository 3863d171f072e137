"""Who has, or had, which generation of a live site: asked in a process of that site."""

import json
from typing import Any

from tests.services.site import LiveSite

_CALL = "from tests.faults import leases; print(leases.as_json())"


def leases(site: LiveSite) -> dict[str, dict[str, Any]]:
    """By generation: state, the node that has or had it, how often it was begun and its epoch."""
    printed = site.manage("shell", "--no-imports", "-c", _CALL)
    rows: dict[str, dict[str, Any]] = json.loads(printed.strip().splitlines()[-1])
    return rows


def as_json() -> str:
    from chat.models import Generation

    rows = Generation.objects.filter(purpose="answer").values_list("pk", "state", "node", "attempts", "lease_epoch")
    return json.dumps(
        {str(pk): {"state": s, "node": str(node), "attempts": n, "epoch": e} for pk, s, node, n, e in rows}
    )
