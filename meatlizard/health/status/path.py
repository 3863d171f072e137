"""ASGI, ahead of Django: ``/status/`` and what lies beside it, out of memory. No session, no cookie, no database."""

from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from meatlizard.health.status import page
from meatlizard.health.status.snapshot import kept
from meatlizard.threads import in_thread

PATH: Final = "/status/"
FRESH: Final = b"public, max-age=15"


class Status:
    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        path: str = scope["path"]
        # Until the first snapshot is there Django answers, which makes one.
        if not path.startswith(PATH) or scope["method"] not in ("GET", "HEAD") or not kept.snapshot.at:
            await self._app(scope, receive, send)
            return
        name = path.removeprefix(PATH)
        if not name:
            body = await in_thread(page.rendered, kept.snapshot, language(_accepted(scope)))
            await _answer(scope, send, body, "text/html; charset=utf-8", b"accept-language")
            return
        try:
            await _answer(scope, send, page.beside(name), page.BESIDE[name], b"")
        except FileNotFoundError:
            await self._app(scope, receive, send)


def language(accepted: str) -> str:
    """The first that the reader wants and the site speaks."""
    for wanted, _weight in parse_accept_lang_header(accepted.lower()[:200]):
        try:
            return get_supported_language_variant(wanted)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def _accepted(scope: dict[str, Any]) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"), "")


async def _answer(scope: dict[str, Any], send: Any, body: bytes, media_type: str, vary: bytes) -> None:
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", FRESH),
        (b"content-security-policy", page.POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        *([(b"vary", vary)] if vary else []),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
