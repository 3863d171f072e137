"""Sealed pastes of programs are made ahead of Django's middleware, and by all the rules that hold behind it."""

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.core.handlers.asgi import ASGIHandler
from pytest_django import Settings

from meatlizard.threads import close_thread_connections
from paste import contents
from paste.access import files_of
from paste.models import Paste
from paste.programs import QuickMaking

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SENT = {
    "v": 2, "adata": [["AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAA=", 100_000, 256, 128, "aes", "gcm", "zlib"], "plaintext", 0, 0],
    "ct": "kZ3vVg9uWv0m1b7oXc2yq5h8Jt4sLr6d", "meta": {"expire": "1day"},
}  # fmt: skip


class Site:
    def __init__(self) -> None:
        self.asked = 0
        django = ASGIHandler()

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.asked += 1
            await django(scope, receive, send)

        self._app = QuickMaking(counted)

    def post(self, body: bytes, **headers: str) -> tuple[int, dict[bytes, bytes], bytes]:
        return async_to_sync(self._post)(body, headers)

    async def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[bytes, bytes], bytes]:
        named = {
            "host": "testserver", "x-requested-with": "JSONHttpRequest", "content-type": "application/json",
            "content-length": str(len(body)), **headers,
        }  # fmt: skip
        scope = {
            "type": "http", "method": "POST", "path": "/sealed/", "raw_path": b"/sealed/", "query_string": b"", "root_path": "",
            "scheme": "http", "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "server": ("testserver", 80), "client": ("198.51.100.1", 1),
        }  # fmt: skip
        sent: list[Any] = []
        waits = [
            {"type": "http.request", "body": body[100:], "more_body": False},
            {"type": "http.request", "body": body[:100], "more_body": True},
        ]

        async def receive() -> Any:
            import asyncio

            return waits.pop() if waits else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], {name.lower(): value for name, value in sent[0]["headers"]}, body


@pytest.fixture
def site(transactional_db: None, settings: Settings) -> Any:
    cache.clear()
    settings.PASTE_CREATE = "everyone"
    yield Site()
    close_thread_connections()


def test_a_program_makes_a_paste_without_django(site: Site) -> None:
    status, headers, body = site.post(json.dumps(SENT).encode())
    made = json.loads(body)
    paste = Paste.objects.get(slug=made["id"])
    assert (status, made["status"], site.asked) == (200, 0, 0)
    assert contents.text_of(files_of(paste)[0]) == SENT["ct"] and paste.expires is not None and paste.owner is None
    assert headers[b"x-content-type-options"] == b"nosniff" and headers[b"content-length"] == str(len(body)).encode()
    assert headers[b"content-type"].startswith(b"application/json")
    deleted = site.post(json.dumps({"pasteid": made["id"], "deletetoken": made["deletetoken"]}).encode())
    assert deleted[0] == 200 and not Paste.objects.filter(state="ready").exists()


def test_the_rules_hold_here_too(site: Site, settings: Settings) -> None:
    refused = [site.post(body)[0] for body in (b"{", b"[]", b"\xff" * 200, json.dumps(SENT | {"v": 1}).encode())]
    assert refused == [400] * 4 and site.asked == 0
    answers = [site.post(json.dumps(SENT).encode())[0] for _ in range(21)]
    assert answers[0] == 200 and answers[-1] == 429
    cache.clear()
    settings.PASTE_CREATE = "members"
    assert site.post(json.dumps(SENT).encode())[0] == 403


def test_hard_maintenance_stops_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from meatlizard.ops import switches

    class ReadOnly:
        read_only = True
        maintained = "Back at noon."

    monkeypatch.setattr(switches, "current", lambda: ReadOnly())
    status, headers, body = site.post(json.dumps(SENT).encode())
    assert status == 503 and b"retry-after" in headers and b"Back at noon." in body and not Paste.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [{"cookie": "a=b"}, {"authorization": "Bearer x"}, {"accept-language": "de"}, {"origin": "https://evil.example"}, {"host": "evil.example"},
     {"x-requested-with": "fetch"}, {"content-length": "60001"}],
)  # fmt: skip
def test_whatever_is_not_plain_is_djangos(site: Site, headers: dict[str, str]) -> None:
    site.post(json.dumps(SENT).encode(), **headers)
    assert site.asked == 1
