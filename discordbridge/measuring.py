"""What is measured of the bot and its sessions."""

from collections.abc import Iterable

from django.db.models import Count

from discordbridge import health
from discordbridge.models import GuildSession
from meatlizard.metrics.readings import Found, reading
from meatlizard.metrics.registry import counter

posted = counter("discord_answers_posted_total", "Answers that the bot has posted.")
refused = counter("discord_rate_limited_total", "Requests that Discord refused, for there were too many.")


def register() -> None:
    reading(
        "discord", _discord,
        ("discord_connected", "1: the bot hears Discord, 0: not.", ()),
        ("discord_sessions", "Sessions on Discord, by their state.", ("state",)),
    )  # fmt: skip


def _discord() -> Iterable[Found]:
    yield Found("discord_connected", float(health.look().state == "good"))
    open_ones = GuildSession.objects.exclude(state=GuildSession.State.CLOSED).order_by().values_list("state")
    for state, count in open_ones.annotate(n=Count("pk")):
        yield Found("discord_sessions", count, (state,))
