"""ASGI, ahead of Django: ``/health/live``, ``/health/ready`` and ``/health`` answer while the database hangs and pages cannot.

They answer under any name, for a load balancer asks by address, and tell strangers nothing but states.
"""

import json
from typing import Any, Final

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import constant_time_compare

from meatlizard import draining
from meatlizard.health.components import all_components
from meatlizard.health.examining import Examiner, Looked
from meatlizard.ops import switches
from meatlizard.security.client_address import client_address
from meatlizard.version import VERSION

LIVE: Final = "/health/live"
READY: Final = "/health/ready"
ALL: Final = "/health"
PASS_SECONDS: Final = 60


class Health:
    def __init__(self, app: Any, examiner: Examiner | None = None) -> None:
        self._app = app
        self._examiner = examiner or Examiner()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"].removesuffix("/")
        if path not in (LIVE, READY, ALL):
            await self._app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(scope, send, 405, {"status": "only GET and HEAD"}, [(b"allow", b"GET, HEAD")])
        elif path == LIVE:
            await _answer(scope, send, 200, {"status": "ok"})
        elif path == READY and draining.ending():
            await _answer(scope, send, 503, {"status": "ending"})
        else:
            await self._tell(path, scope, send)

    async def _tell(self, path: str, scope: dict[str, Any], send: Any) -> None:
        components = [one for one in all_components() if one.needed or path == ALL]
        looked = await self._examiner.examine(components)
        served = all(one.found.state != "down" for one in looked if one.component.needed)
        told: dict[str, Any] = {"status": status(looked)}
        if path == ALL:
            trusted = _trusted(scope)
            told |= {
                "version": VERSION,
                "maintenance": switches.remembered().maintenance,
                "components": {one.component.name: _told(one, trusted) for one in looked},
            }
            if trusted:
                # How the front server passes on who asks: ``manage.py doctor`` judges it.
                told["asked"] = {"address": client_address(scope), "scheme": scope.get("scheme", "")}
        await _answer(scope, send, 200 if served else 503, told)


def status(looked: list[Looked]) -> str:
    """``down``: a needed part is. ``degraded``: something else is not as it should be."""
    if any(one.found.state == "down" and one.component.needed for one in looked):
        return "down"
    return "degraded" if any(one.found.state in ("down", "warning") for one in looked) else "ok"


def _told(one: Looked, trusted: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"state": one.found.state}
    if trusted:
        took = None if one.took is None else round(1_000 * one.took, 1)
        told |= {"title": str(one.component.title), "words": one.found.words, "milliseconds": took}
    return told


def a_pass() -> str:
    """What ``manage.py doctor`` shows instead of ``HEALTH_TOKEN``: who knows the site's secrets can make one, for a minute."""
    return TimestampSigner(salt="health").sign("doctor")


def _trusted(scope: dict[str, Any]) -> bool:
    """Whether who asks holds ``HEALTH_TOKEN``, or a pass."""
    said = next((value for name, value in scope["headers"] if name == b"authorization"), b"").decode("latin-1")
    kind, _, token = said.partition(" ")
    if kind.lower() != "bearer":
        return False
    if settings.HEALTH_TOKEN and constant_time_compare(token.strip(), settings.HEALTH_TOKEN):
        return True
    try:
        return TimestampSigner(salt="health").unsign(token.strip(), max_age=PASS_SECONDS) == "doctor"
    except BadSignature:
        return False


async def _answer(
    scope: dict[str, Any], send: Any, code: int, told: dict[str, Any], more: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = json.dumps(told).encode() + b"\n"
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": code, "headers": [*headers, *(more or [])]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
