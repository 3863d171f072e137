"""Which websockets are opened to whom: pages of this site to their people, programs with a key to nodes, nothing to others."""

from typing import Any

import pytest
from django.test import override_settings

from meatlizard.environment import networks
from meatlizard.routing import build
from meatlizard.security.forwarded import ForwardedScheme

OURS = "https://chat.example.org"
pytestmark = pytest.mark.django_db(transaction=True)


def scope(path: str, *headers: tuple[str, str], scheme: str = "wss", peer: str = "203.0.113.5") -> Any:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": raw, "scheme": scheme,
        "client": (peer, 5000), "server": ("127.0.0.1", 8000), "subprotocols": [], "asgi": {"version": "3.0"},
    }  # fmt: skip


async def knock(asked: dict[str, Any]) -> dict[str, Any]:
    """The first thing the application answers to a connection."""
    messages: list[dict[str, Any]] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    with override_settings(SITE_URL=OURS, ALLOWED_HOSTS=["chat.example.org", "localhost"]):
        await build()(asked, receive, send)
    return answers[0]


HOST = ("Host", "chat.example.org")
REFUSED = {"type": "websocket.close", "code": 4403}


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        (OURS, "chat.example.org", "wss"),
        ("HTTPS://Chat.Example.ORG", "chat.example.org", "wss"),
        ("http://localhost:9000", "localhost:9000", "ws"),
    ],
)
async def test_a_page_of_this_site_is_let_in(origin: str, host: str, scheme: str) -> None:
    answer = await knock(scope("/ws/chat/", ("Host", host), ("Origin", origin), scheme=scheme))
    assert answer["type"] == "websocket.accept"


@pytest.mark.parametrize(
    "headers",
    [
        [HOST],
        [HOST, ("Origin", "https://evil.example")],
        [HOST, ("Origin", "null")],
        [HOST, ("Origin", "")],
        [HOST, ("Origin", "http://chat.example.org")],
        [HOST, ("Origin", "https://chat.example.org:8443")],
        [HOST, ("Origin", "https://chat.example.org.evil.example")],
        [HOST, ("Origin", "https://evil-chat.example.org")],
        [HOST, ("Origin", "https://sub.chat.example.org")],
        [HOST, ("Origin", OURS), ("Origin", "https://evil.example")],
        [("Host", "evil.example"), ("Origin", "https://evil.example")],
        [("Host", "localhost:9000"), ("Origin", "https://localhost:9001")],
        [("Origin", OURS)],
    ],
)
async def test_any_other_page_is_refused_before_the_handshake(headers: list[tuple[str, str]]) -> None:
    assert await knock(scope("/ws/chat/", *headers)) == REFUSED


async def test_a_node_is_let_in_and_a_page_posing_as_one_is_not() -> None:
    assert (await knock(scope("/ws/inference/", HOST)))["type"] == "websocket.accept"
    for origin in (OURS, "https://evil.example", "null"):
        assert await knock(scope("/ws/inference/", HOST, ("Origin", origin))) == REFUSED


@pytest.mark.parametrize("path", ["/ws/nothing/", "/", "/ws/inference", "/ws/chat/x"])
async def test_other_paths_are_closed(path: str) -> None:
    assert await knock(scope(path, HOST, ("Origin", OURS))) == REFUSED


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("10.0.0.2", "https", "wss"),
        ("10.0.0.2", "http", "ws"),
        ("10.0.0.2", "gopher", "ws"),
        ("203.0.113.5", "https", "ws"),
    ],
)
async def test_the_scheme_is_what_a_trusted_proxy_says(peer: str, said: str, scheme: str) -> None:
    seen: list[str] = []

    async def app(asked: dict[str, Any], receive: Any, send: Any) -> None:
        seen.append(asked["scheme"])

    with override_settings(TRUSTED_PROXIES=networks("TRUSTED_PROXIES", ["10.0.0.0/8"])):
        await ForwardedScheme(app)(scope("/", ("X-Forwarded-Proto", said), scheme="ws", peer=peer), None, None)
    assert seen == [scheme]
