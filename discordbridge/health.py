"""Whether the bot is on Discord."""

import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext

from discordbridge.models import BotLease
from meatlizard.health.components import Found

QUIET: Final = datetime.timedelta(minutes=5)


def look() -> Found:
    lease = BotLease.objects.first()
    now = timezone.now()
    if lease is None or lease.until < now:
        return Found("down", gettext("no process runs the bot"))
    if lease.alive is None or lease.alive < now - QUIET:
        return Found("down", gettext("the bot hears nothing from Discord"))
    return Found("good")
