"""What administrators are told in answer to their commands: short texts in Discord's dialect, where nothing that a person wrote is
markup or a mention.
"""

import datetime
from collections.abc import Sequence
from typing import Any

import discord
from django.utils.translation import gettext, ngettext

from chat import queueing
from chat.node_overview import NodeView, Overview, overview
from discordbridge.actions import remembering
from discordbridge.models import GuildSession
from discordbridge.options import OPTIONS, shown
from discordbridge.rights import Actor
from meatlizard.accounts.models import User
from meatlizard.languages import number
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops import switches

MOST = 1_900
MOST_ROWS = 20


def plain(text: str, most: int = 80) -> str:
    """What somebody wrote, on one line."""
    line = " ".join(text.split())
    cut = line if len(line) <= most else f"{line[: most - 1]}…"
    return discord.utils.escape_mentions(discord.utils.escape_markdown(cut))


def whole(lines: Sequence[str], nothing: str = "") -> str:
    """As many lines as fit into a message, and how many more there are."""
    kept: list[str] = []
    room = MOST - 40
    for line in lines:
        if len(line) + 1 > room:
            rest = len(lines) - len(kept)
            kept.append(ngettext("… and {count} more", "… and {count} more", rest).format(count=rest))
            break
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept) or nothing


def percent(part: float | None) -> str:
    return gettext("unknown") if part is None else f"{part:.0%}"


def speed(rate: float | None) -> str:
    return gettext("unknown") if rate is None else gettext("{rate} tokens/s").format(rate=f"{rate:.1f}")


def moment(at: datetime.datetime | None, style: str = "R") -> str:
    """As each reader's own clock shows it."""
    return discord.utils.format_dt(at, style) if at else gettext("never")  # type: ignore[arg-type]


def sessions(by: Actor) -> str:
    rows = GuildSession.objects.filter(guild=by.guild.pk).exclude(state="closed").order_by("-used")
    lines = [
        f"`{row.pk}` · {row.get_kind_display()} {f'<#{row.place}>' if row.place else ''} · "
        f"{f'<@{row.member}>' if row.member else '—'} · {row.get_state_display()} · {moment(row.used)}"
        for row in rows[:200]
    ]
    return whole(lines, gettext("No session is open in this server."))


def queue() -> str:
    found = queueing.snapshot()
    seconds = (
        gettext("unknown") if found.seconds is None else gettext("{seconds} s").format(seconds=f"{found.seconds:.1f}")
    )
    head = gettext("**{waiting}** wait, **{busy}** of {slots} slots are busy; an answer takes {seconds}.").format(
        waiting=number(len(found.waiting)), busy=number(found.busy), slots=number(found.slots), seconds=seconds
    )
    by_model: dict[str, int] = {}
    for row in found.waiting:
        by_model[row.model] = by_model.get(row.model, 0) + 1
    lines = [
        f"{number(count)} · {plain(model) if model else gettext('any model')}"
        for model, count in sorted(by_model.items(), key=lambda pair: -pair[1])
    ]
    return whole([head, *lines])


def clients(found: Overview | None = None) -> str:
    found = found or overview()
    return whole([_client(one) for one in found.nodes], gettext("No inference client is paired."))


def _client(one: NodeView) -> str:
    why = f" ({one.why})" if one.why else ""
    gpu = gettext("GPU {busy}").format(busy=percent(one.latest.gpu_utilisation if one.latest else None))
    models = ", ".join(plain(model.row.alias, 40) for model in one.models) or "—"
    return f"**{plain(one.row.name)}** · {one.state_name}{why} · {models} · {speed(one.speed)} · {gpu} · {number(one.running)}×"


def remembered(by: Actor) -> str:
    found = remembering.statistics(by.guild.pk)
    if not found.messages:
        return gettext("nothing")
    head = gettext("{messages} messages of {people} people, {week} of the last seven days").format(
        messages=number(found.messages), people=number(found.people), week=number(found.week)
    )
    return "\n".join([head, *(f"<#{channel}> {number(count)}" for channel, count in found.by_channel)])[:1_000]


def config(by: Actor, name: str = "") -> str:
    chosen = {key: option for key, option in OPTIONS.items() if not name or key == name}
    lines = [f"`{key}` = `{shown(option.get(by.guild))}` — {option.about}" for key, option in chosen.items()]
    return whole(lines, gettext("There is no such setting. See /admin config get."))


def standing(by: Actor) -> str:
    """What is switched off, here and on the whole site."""
    here = gettext("on") if by.guild.enabled else gettext("off")
    site = switches.current()
    return gettext("Questions here: {here}; maintenance here: {maintenance}. {site}").format(
        here=here, maintenance=by.guild.get_maintenance_display(), site=site.warning or gettext("The site is open.")
    )


def audit(by: Actor) -> str:
    """The latest entries: of the whole site for moderators, of this server for its administrators."""
    rows = AuditEntry.objects.order_by("-at", "-pk")
    if not by.may("moderation.review"):
        rows = rows.filter(target=f"guild {by.guild.pk}")
    found = list(rows[:MOST_ROWS])
    names = dict(User.objects.filter(pk__in={row.actor for row in found if row.actor}).values_list("pk", "username"))
    return whole([_entry(row, names) for row in found], gettext("Nothing was done yet."))


def _entry(row: AuditEntry, names: dict[int, str]) -> str:
    kind, _, snowflake = row.door.partition(" ")
    who = plain(names.get(row.actor, f"#{row.actor}")) if row.actor else ""
    if kind == "discord":
        who = f"<@{snowflake}>" + (f" ({who})" if who else "")
    parts = [moment(row.at, "f"), who or gettext("a rule"), plain(row.action), plain(row.target), plain(row.reason)]
    return " · ".join(part for part in parts if part)


def told(text: str) -> dict[str, Any]:
    """A message for whoever gave the command alone, that pings nobody."""
    return {"content": text[:2_000], "ephemeral": True, "allowed_mentions": discord.AllowedMentions.none()}
