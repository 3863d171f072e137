"""What alerts say, in each channel's form. Pure."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from meatlizard.alerts.models import Channel
from meatlizard.security.fetch import Request

SIGNATURE = "X-MeatLizard-Signature"
COLOURS = {"fired": 0xFF8F85, "again": 0xFF8F85, "over": 0x7DF0A0, "test": 0x9FD8FF}
TAGS = {"fired": "rotating_light", "again": "rotating_light", "over": "white_check_mark", "test": "mag"}


@dataclass(frozen=True, slots=True)
class Message:
    """``event``: fired, again, over or test. ``link``: to the alert in the admin."""

    event: str
    title: str
    words: str
    severity: str
    critical: bool
    link: str
    alert: int | None = None
    subject: str = ""
    at: str = ""

    @property
    def text(self) -> str:
        return f"{self.words}\n{self.link}".strip()


def request(kind: str, address: str, secret: str, message: Message) -> Request:
    """How it is sent over HTTP. Raises KeyError for a kind that is not."""
    make = {Channel.Kind.DISCORD: _discord, Channel.Kind.NTFY: _ntfy, Channel.Kind.WEBHOOK: _webhook}[
        Channel.Kind(kind)
    ]
    return make(address, secret, message)


def _discord(address: str, secret: str, message: Message) -> Request:
    card = {
        "title": message.title[:256], "description": message.words[:2_000], "url": message.link, "color": COLOURS[message.event],
    }  # fmt: skip
    # Whatever stands in a title pings nobody.
    return _json(address, {"embeds": [card], "allowed_mentions": {"parse": []}})


def _ntfy(address: str, secret: str, message: Message) -> Request:
    """As JSON to the server itself: headers, the other way, take no letters beyond Latin."""
    parts = urlsplit(address)
    body = {
        "topic": parts.path.strip("/"), "title": message.title, "message": message.words or message.title, "click": message.link,
        "priority": 3 if message.event in ("over", "test") else 5 if message.critical else 4, "tags": [TAGS[message.event]],
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return _json(f"{parts.scheme}://{parts.netloc}/", body, headers)


def _webhook(address: str, secret: str, message: Message) -> Request:
    body = {
        "event": message.event, "alert": message.alert, "title": message.title, "subject": message.subject, "words": message.words,
        "severity": "critical" if message.critical else "warning", "link": message.link, "at": message.at,
    }  # fmt: skip
    plain = _json(address, body)
    if not secret:
        return plain
    signed = hmac.new(secret.encode(), plain.body or b"", hashlib.sha256).hexdigest()
    return Request(address, {**plain.headers, SIGNATURE: f"sha256={signed}"}, plain.body)


def _json(address: str, body: object, headers: dict[str, str] | None = None) -> Request:
    return Request(address, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode())
