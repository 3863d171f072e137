"""What the site leans on: parts that tell of their health, the channel layer between processes, mail, clocks."""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.utils.translation import gettext as _

from meatlizard.health.components import State, all_components
from meatlizard.health.examining import Examiner
from meatlizard.ops.doctor.findings import Finding, Level
from meatlizard.ops.doctor.remedies import REMEDIES

LEVELS: Final[dict[State, Level]] = {"good": "good", "off": "note", "warning": "note", "down": "bad"}
AHEAD_SECONDS: Final = 5
LONGEST: Final = 30


def parts() -> Iterator[Finding]:
    """Of this process: what needs a serving one (requests) is left out."""
    components = [one for one in all_components() if one.name not in ("requests", "channel_layer")]
    for looked in async_to_sync(Examiner().examine)(components):
        level = LEVELS[looked.found.state]
        said = f": {looked.found.words}" if looked.found.words else ""
        remedy = "" if level == "good" or looked.found.state == "off" else str(REMEDIES.get(looked.component.name, ""))
        yield Finding(level, f"{looked.component.title}{said}", remedy)


SENDER: Final = """
import os, sys, django
django.setup()
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
async_to_sync(get_channel_layer().send)(sys.argv[1], {"type": "doctor", "value": sys.argv[2]})
"""


def between_processes() -> Iterator[Finding]:
    """A message from a process of its own has to arrive in this one."""
    if not settings.REDIS_URL:
        yield Finding("good", _("One process serves the site, and nothing has to pass between several."))
        return
    if async_to_sync(_arrives)():
        yield Finding("good", _("Messages pass from one process to another."))
    else:
        yield Finding("bad", _("A message of another process did not arrive."), str(REMEDIES["channel_layer"]))


async def _arrives() -> bool:
    layer, value = get_channel_layer(), secrets.token_hex(8)
    channel = await layer.new_channel("doctor")
    receiving = asyncio.ensure_future(layer.receive(channel))
    end = time.monotonic() + LONGEST
    try:
        while not receiving.done() and time.monotonic() < end:
            # Again, if need be: what is sent before the subscription stands reaches nobody.
            await asyncio.to_thread(_send, channel, value)
            await asyncio.wait([receiving], timeout=1)
        return receiving.done() and bool(receiving.result().get("value") == value)
    finally:
        receiving.cancel()


def _send(channel: str, value: str) -> None:
    subprocess.run(  # noqa: S603  (this Python, and nothing of anybody else's)
        [sys.executable, "-c", SENDER, channel, value],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "meatlizard.settings"}, cwd=settings.BASE_DIR, timeout=LONGEST, check=True, capture_output=True,
    )  # fmt: skip


def mail() -> Iterator[Finding]:
    if not settings.HAS_MAIL:
        yield Finding(
            "note",
            _("No mail is sent: nobody can reset a forgotten password without you."),
            _("Set EMAIL_URL if you have a mail server."),
        )
        return
    try:
        mailing = get_connection(timeout=10)
        mailing.open()
        mailing.close()
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        yield Finding(
            "bad",
            _("The mail server does not take us in: %(error)s") % {"error": said},
            _("Look at name, port, user and password in EMAIL_URL; smtp+tls:// is for port 587, smtp+ssl:// for 465."),
        )
    else:
        yield Finding("good", _("The mail server takes us in."))


def clocks() -> Iterator[Finding]:
    """Against those of the neighbours; leases are given and ended by them."""
    told: dict[str, float] = {}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            before = time.time()
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            told["PostgreSQL"] = cursor.fetchone()[0] - (before + time.time()) / 2
    if settings.REDIS_URL:
        import redis

        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
            before = time.time()
            seconds, microseconds = client.time()
            told["Redis"] = seconds + microseconds / 1e6 - (before + time.time()) / 2
    for name, ahead in told.items():
        if abs(ahead) <= AHEAD_SECONDS:
            yield Finding("good", _("The clock of %(name)s agrees with ours.") % {"name": name})
        else:
            yield Finding(
                "bad",
                _("The clock of %(name)s and ours are %(seconds).0f seconds apart.")
                % {"name": name, "seconds": abs(ahead)},
                _("Have both machines set by NTP: timedatectl set-ntp true"),
            )
    if not told:
        yield Finding(
            "note", _("There is no other clock to compare ours with."), _("timedatectl says whether it is set by NTP.")
        )
