"""The one message of figures, as Discord shows it."""

import io

import discord
from django.conf import settings
from django.utils.translation import gettext

from discordbridge import reports
from discordbridge.metrics import plot
from discordbridge.metrics.figures import Figures
from meatlizard.languages import number

GREEN, AMBER = 0x7DF0A0, 0xFFC069
PICTURE = "tokens.png"


def embed(found: Figures) -> discord.Embed:
    """The time it runs is told by Discord's own clock, so that it needs no edits."""
    card = discord.Embed(title=gettext("Figures"), colour=AMBER if found.warning or found.fallback else GREEN)
    unknown = gettext("unknown")
    names = ", ".join(sorted(reports.plain(name, 40) for name in found.connected)[:10])
    waits = (
        unknown if found.seconds is None else gettext("{seconds} s an answer").format(seconds=f"{found.seconds:.1f}")
    )
    for name, value in (
        (gettext("Running since"), reports.moment(found.begun)),
        (gettext("Clients"), f"{len(found.connected)}/{len(found.paired)} {names}"),
        (gettext("Speed"), reports.speed(found.speed)),
        (gettext("GPU"), reports.percent(found.gpu)),
        (
            gettext("Queue"),
            gettext("{waiting} of {most} wait · {busy}/{slots} slots · {each}").format(
                waiting=found.waiting,
                most=settings.QUEUE_MAX_WAITING,
                busy=found.running,
                slots=found.slots,
                each=waits,
            ),
        ),
        (
            gettext("Today"),
            gettext("{conversations} conversations, {answers} answers").format(
                conversations=number(found.conversations), answers=number(found.answers)
            ),
        ),
        (gettext("Answered by fallback"), reports.percent(found.fallback_share)),
        (gettext("Slowed down by Discord, last hour"), number(found.limited)),
    ):
        card.add_field(name=name, value=value[:1_000], inline=True)
    if found.warning:
        card.description = reports.plain(found.warning, 600)
    card.set_image(url=f"attachment://{PICTURE}")
    return card


def picture(found: Figures) -> discord.File:
    # Not translated: the font of the picture knows no other letters.
    title = "tokens per second, last 60 minutes"
    peak = max((rate for rate in found.rates if rate is not None), default=None)
    title += "" if peak is None else f", peak {peak:.1f}"
    return discord.File(io.BytesIO(plot.png(found.rates, title)), PICTURE)
