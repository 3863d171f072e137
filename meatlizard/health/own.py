"""The parts that belong to no app."""

import asyncio
import secrets
import time
from pathlib import Path
from typing import Final

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.health import machine
from meatlizard.health.components import Found, component
from meatlizard.health.traffic import ENOUGH, tally

STORAGE_FRESH: Final = 5.0
STORAGE_WHOLE: Final = 60.0
"""Seconds between looks that write, read and delete: with S3 that is paid for. Others between them only ask whether it is there."""

_whole = {"good_until": 0.0}


def database() -> Found:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return Found("good", connection.vendor)


def shared_cache() -> Found:
    key, value = f"health:{secrets.token_hex(8)}", secrets.token_hex(8)
    cache.set(key, value, 60)
    read = cache.get(key)
    cache.delete(key)
    return Found("good") if read == value else Found("down", gettext("what was written cannot be read"))


async def channel_layer() -> Found:
    layer = get_channel_layer()
    value = secrets.token_hex(8)
    channel = await layer.new_channel("health")
    receiving = asyncio.ensure_future(layer.receive(channel))
    try:
        # Redis' subscription is made by receiving: what is sent before that reaches nobody.
        while not receiving.done():
            await layer.send(channel, {"type": "health.look", "value": value})
            await asyncio.wait([receiving], timeout=0.2)
        good = receiving.result().get("value") == value
    finally:
        receiving.cancel()
    return Found("good") if good else Found("down", gettext("what was sent does not arrive"))


def storage() -> Found:
    if time.monotonic() < _whole["good_until"]:
        default_storage.exists("health/there")
        return Found("good")
    value = secrets.token_bytes(16)
    name = default_storage.save(f"health/{secrets.token_hex(8)}", ContentFile(value))
    try:
        with default_storage.open(name) as file:
            read = file.read()
    finally:
        default_storage.delete(name)
    if read != value:
        return Found("down", gettext("what was written cannot be read"))
    _whole["good_until"] = time.monotonic() + STORAGE_WHOLE
    return Found("good")


def disk() -> Found:
    return _within(machine.disk_used(Path(settings.VAR_DIR)), settings.HEALTH_DISK_PERCENT)


def memory() -> Found:
    used = machine.memory_used()
    if used is None:
        return Found("off", gettext("this system does not tell"))
    return _within(used, settings.HEALTH_MEMORY_PERCENT)


def requests() -> Found:
    count, failed, slow = tally.sums()
    if count < ENOUGH:
        return Found("good", gettext("few requests in the last five minutes"))
    said = gettext("%(failed).1f %% of %(count)d requests failed and %(slow).1f %% were slow in the last five minutes") % {
        "failed": 100 * failed / count, "count": count, "slow": 100 * slow / count,
    }  # fmt: skip
    most = settings.HEALTH_ERRORS_PERCENT
    return Found("warning" if 100 * max(failed, slow) / count > most else "good", said)


def _within(percent: float, most: int) -> Found:
    said = gettext("%(percent).0f %% in use") % {"percent": percent}
    return Found("warning" if percent >= most else "good", said)


def register() -> None:
    from meatlizard.logs import services as logs

    component("database", _("Database"), database, needed=True)
    component("cache", _("Cache"), shared_cache)
    component("channel_layer", _("Messages between processes"), channel_layer)
    component("storage", _("Storage"), storage, seconds=4.0, fresh=STORAGE_FRESH)
    component("disk", _("Disk"), disk)
    component("memory", _("Memory"), memory)
    component("requests", _("Requests"), requests)
    component("logs", _("Log"), logs.look)
