"""The message of figures that each server has: which it is, and since when."""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from discordbridge.models import Guild

KEY = "metrics"


@dataclass(frozen=True, slots=True)
class Board:
    guild: int
    channel: int
    message: int | None = None
    posted: datetime.datetime | None = None


def boards() -> list[Board]:
    """Of the servers that have a channel for it."""
    rows = Guild.objects.filter(left=None, metrics_channel__isnull=False).values_list(
        "pk", "metrics_channel", "options"
    )
    return [_board(guild, channel, options.get(KEY) or {}) for guild, channel, options in rows if channel]


def _board(guild: int, channel: int, kept: dict[str, object]) -> Board:
    if kept.get("channel") != channel:
        # It has been moved since: the message lies elsewhere.
        return Board(guild, channel)
    message, posted = kept.get("message"), kept.get("posted")
    return Board(
        guild, channel, message if isinstance(message, int) else None, parse_datetime(str(posted)) if posted else None
    )


def note(guild: int, channel: int, message: int) -> None:
    """A new message shows the figures."""
    with transaction.atomic():
        row = Guild.objects.select_for_update().filter(pk=guild).first()
        if row is not None:
            row.options[KEY] = {"channel": channel, "message": message, "posted": timezone.now().isoformat()}
            row.save(update_fields=["options"])
