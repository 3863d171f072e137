"""The site as its visitors reach it, through the front server: TLS, names, and what is said of who asks.

Asked at ``SITE_URL`` with a pass that ``/health`` believes for a minute, and a forged ``X-Forwarded-For``, as anybody may send one.
"""

import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from meatlizard.health.path import ALL, a_pass
from meatlizard.ops.doctor.findings import Finding

FORGED: Final = "198.51.100.77"
"""Of a block that belongs to nobody (RFC 5737)."""

SOON_DAYS: Final = 14
TIMEOUT: Final = 10
BODY_SECONDS: Final = 5
LARGE: Final = 2_000_000_000


def front() -> Iterator[Finding]:
    try:
        told = _ask()
    except urllib.error.HTTPError as error:
        yield Finding(
            "bad",
            _("%(address)s answers %(code)d.") % {"address": settings.SITE_URL, "code": error.code},
            _("Does the front server hand this name on to the site, and is it this site that runs there?"),
        )
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        yield Finding(
            "bad",
            _("%(address)s cannot be reached: %(reason)s") % {"address": settings.SITE_URL, "reason": reason},
            _remedy(reason),
        )
        return
    yield Finding("good", _("%(address)s answers.") % {"address": settings.SITE_URL})
    yield from judged(told)
    yield websockets()
    yield large_bodies()
    if settings.HTTPS:
        yield from _certificate()


def judged(told: dict[str, Any]) -> Iterator[Finding]:
    """What the site says of our own request."""
    asked = told.get("asked")
    if asked is None:
        yield Finding(
            "bad",
            _("What answers there does not believe us: it has another SECRET_KEY."),
            _("Run the doctor with the settings of the site that runs."),
        )
        return
    if asked["address"] == FORGED:
        yield Finding(
            "bad",
            _("Visitors can choose the address they come from: limits by address hold nobody."),
            _(
                "Name only the front server in TRUSTED_PROXIES, and have it set X-Forwarded-For itself, as deploy/nginx does."
            ),
        )
    else:
        yield Finding(
            "good", _("Who asks is seen as %(address)s, whatever it says of itself.") % {"address": asked["address"]}
        )
    if settings.HTTPS and asked["scheme"] != "https":
        yield Finding(
            "bad",
            _("The site believes that it was asked without TLS."),
            _("Have the front server send X-Forwarded-Proto, and name its address in TRUSTED_PROXIES."),
        )


def websockets() -> Finding:
    """Whether the front server passes an upgrade on: without it no token reaches a page."""
    said = _status(
        f"GET /ws/chat/ HTTP/1.1\r\nHost: {_host()}\r\nOrigin: {settings.SITE_URL}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    if said == 101:
        return Finding("good", _("Websockets pass through."))
    return Finding(
        "bad",
        _("Websockets do not pass through (%(code)s instead of 101): no answer will stream.") % {"code": said or "-"},
        _("Have the front server pass on Upgrade and Connection for /ws/, as deploy/nginx and deploy/caddy do."),
    )


def large_bodies() -> Finding:
    """Whether a large upload gets as far as the site. Nothing of it is sent: a front server that bounds bodies says so at the headers."""
    said = _status(
        f"PUT /files/put/doctor.bin HTTP/1.1\r\nHost: {_host()}\r\nContent-Length: {LARGE}\r\nConnection: close\r\n\r\n"
    )
    if said == 413:
        return Finding(
            "bad",
            _("The front server takes no upload of %(megabytes)d MB.") % {"megabytes": LARGE // 1_000_000},
            _("client_max_body_size 0 for /files/uploads, /files/put, /files/form and /f/up, as deploy/nginx has it."),
        )
    return Finding("good", _("Large uploads pass through."))


def _status(request: str) -> int:
    """Of the answer to these headers; 0 when none comes in time, which is said for a body that was announced and not sent."""
    parts = urlsplit(settings.SITE_URL)
    port = parts.port or (443 if settings.HTTPS else 80)
    with socket.create_connection((parts.hostname or "", port), TIMEOUT) as plain:
        link = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) if settings.HTTPS else plain
        )
        with link:
            link.settimeout(BODY_SECONDS)
            try:
                link.sendall(request.encode())
                words = link.recv(64).split()
            except OSError:
                return 0
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _host() -> str:
    return urlsplit(settings.SITE_URL).netloc


def _ask() -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310
        settings.SITE_URL.rstrip("/") + ALL, headers={"Authorization": f"Bearer {a_pass()}", "X-Forwarded-For": FORGED}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  (SITE_URL is http or https)
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        told = json.load(error)
    if not isinstance(told, dict):
        raise ValueError("not what this site answers")
    return told


def _remedy(reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return _("Renew the certificate, or have the front server send the whole chain.")
    if isinstance(reason, socket.gaierror):
        return _("The name in SITE_URL leads nowhere: look at its DNS records.")
    return _("Is the site running, and does a firewall let this machine reach it?")


def _certificate() -> Iterator[Finding]:
    parts = urlsplit(settings.SITE_URL)
    host, port = parts.hostname or "", parts.port or 443
    with (
        socket.create_connection((host, port), TIMEOUT) as link,
        ssl.create_default_context().wrap_socket(link, server_hostname=host) as wrapped,
    ):
        ends = str((wrapped.getpeercert() or {}).get("notAfter", ""))
    days = int((ssl.cert_time_to_seconds(ends) - time.time()) / 86_400)
    if days < SOON_DAYS:
        yield Finding(
            "bad",
            _("The certificate ends in %(days)d days.") % {"days": days},
            _("Renew it, and have that done by itself."),
        )
    else:
        yield Finding("good", _("The certificate holds for %(days)d days more.") % {"days": days})
