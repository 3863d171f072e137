"""Verbs of administrators from Discord, each with its entry in the audit. What they change of a guild is conditional, so that of two
at once the second hears that it was done already.
"""

import uuid
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from chat import handing_over, leaving, node_orders
from discordbridge import reports
from discordbridge.access import person_of
from discordbridge.actions import accounts, guilds
from discordbridge.models import Guild, GuildSession
from discordbridge.options import OPTIONS, shown
from discordbridge.rights import Actor
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.access import review_only
from meatlizard.moderation.actions import audit, sanctions
from meatlizard.moderation.models import Sanction
from meatlizard.ops import actions as site

P = ParamSpec("P")
R = TypeVar("R")


def take_questions(by: Actor, on: bool, reason: str = "") -> None:
    """In this guild."""
    _change_guild(by, "requests on" if on else "requests off", ~Q(enabled=on), {"enabled": on}, reason)


def maintain(by: Actor, level: str, reason: str = "") -> None:
    """In this guild: off, soft (no new questions), or hard (what is being written is stopped, too)."""
    if level not in Guild.Maintenance.values:
        raise Invalid(gettext("Maintenance is off, soft or hard."), code="maintenance_unknown")
    _change_guild(by, f"maintenance {level}", ~Q(maintenance=level), {"maintenance": level}, reason)
    if level == Guild.Maintenance.HARD:
        live = GuildSession.objects.filter(guild=by.guild.pk, conversation__isnull=False).exclude(state="closed")
        leaving.stop_in(list(live.values_list("conversation", flat=True)))


def _change_guild(by: Actor, action: str, unless: Q, changes: dict[str, Any], reason: str) -> None:
    reason = site.line(reason, site.MAX_REASON)
    with transaction.atomic():
        before = Guild.objects.filter(pk=by.guild.pk).values(*changes).get()
        if not Guild.objects.filter(unless, pk=by.guild.pk).update(**changes):
            raise Invalid(gettext("It is so already: nothing was changed."), code="nothing_to_do")
        record(by, action, before=before, after=changes, reason=reason)


def set_option(by: Actor, name: str, text: str) -> str:
    """Sets what ``/admin config`` knows. Returns how it stands now."""
    option = OPTIONS.get(name)
    if option is None:
        raise Invalid(gettext("There is no such setting. See /admin config get."), code="no_such_option")
    if option.permission:
        by.operator(option.permission)
    value = option.read(text)
    with transaction.atomic():
        row = Guild.objects.select_for_update().filter(pk=by.guild.pk).get()
        before = option.get(row)
        if before == value:
            raise Invalid(gettext("It is so already: nothing was changed."), code="nothing_to_do")
        changes = {option.column: value} if not option.key else {"options": {**row.options, option.key: value}}
        guilds.configure(by.guild.pk, **changes)
        record(by, f"config {name}", before={name: before}, after={name: value})
    return shown(value)


def grant(by: Actor, snowflake: int, name: str, tokens: int, note: str = "") -> None:
    account = by.operator("budgets.add_grant")
    with transaction.atomic():
        to = person_on_discord(snowflake, name)
        budgets.grant(to, tokens, account, site.line(note, 200))
        record(by, "grant", person=to.pk, after={"tokens": tokens})


def order_client(by: Actor, name: str, do: node_orders.Order) -> str:
    """Drain, pause or resume an inference client. Returns what was done, in words."""
    account = by.operator("chat.change_node")
    with transaction.atomic():
        return reports.plain(node_orders.give(account, name, do), 300)


def ban(by: Actor, snowflake: int, name: str, days: int | None, reason: str) -> None:
    """Suspends whoever this is here; somebody who is not known yet becomes known for it."""
    account = by.operator("moderation.review")
    review_only(account)
    sanctions.suspend(account, person_on_discord(snowflake, name), reason, days)


def unban(by: Actor, snowflake: int, reason: str = "") -> None:
    account = by.operator("moderation.review")
    review_only(account)
    person = person_of(snowflake)
    if person is None:
        raise NotFound(gettext("Nobody here is this person on Discord."))
    rows = Sanction.objects.filter(person=person, kind=Sanction.Kind.SUSPENSION, lifted_at=None)
    found = list(rows.order_by("pk"))
    if not found or not person.is_suspended:
        raise Invalid(gettext("This account is not suspended."), code="nothing_to_do")
    for row in found:
        sanctions.lift(account, row, reason)


def person_on_discord(snowflake: int, name: str) -> User:
    """Who this is here; somebody new becomes known, shut out or not."""
    return person_of(snowflake) or accounts.known(snowflake, name).user


def session_here(by: Actor, text: str) -> GuildSession:
    """A session of this guild, by its id or the number of its channel. Raises NotFound."""
    found: GuildSession | None = None
    rows = GuildSession.objects.select_related("guild", "owner").filter(guild=by.guild.pk)
    digits = text.strip().strip("<#>")
    if digits.isdecimal() and len(digits) < 21:
        found = rows.filter(place=int(digits)).exclude(state="closed").first()
    else:
        try:
            found = rows.filter(pk=uuid.UUID(digits)).first()
        except ValueError:
            found = None
    if found is None:
        raise NotFound(gettext("There is no such session in this server. See /admin sessions."))
    return found


def transfer(by: Actor, session: uuid.UUID, snowflake: int, name: str) -> GuildSession:
    """Session and conversation belong to whoever ``snowflake`` is. All or nothing."""
    account = by.operator("chat.change_conversation")
    with transaction.atomic():
        row = GuildSession.objects.select_for_update(of=("self",)).filter(pk=session, state="open").first()
        if row is None or row.conversation_id is None:
            raise Invalid(gettext("Only an open session with a conversation can be transferred."), code="not_open")
        if row.kind not in (GuildSession.Kind.CHANNEL, GuildSession.Kind.THREAD):
            raise Invalid(gettext("Only a private channel or thread can be transferred."), code="not_private")
        to = person_on_discord(snowflake, name)
        handing_over.hand_over(account, row.conversation_id, to)
        before, row.owner, row.member = row.member, to, snowflake
        row.save(update_fields=["owner", "member"])
        record(
            by, "transfer", f"session {row.pk}", person=to.pk, before={"member": before}, after={"member": snowflake}
        )
    return row


def record(by: Actor, action: str, target: str = "", **more: Any) -> None:
    """In the transaction that does it; see :func:`through`."""
    audit.record(by.account, action, target or f"guild {by.guild.pk}", **more)


def through(by: Actor, verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Carries out ``verb``; whatever it puts into the audit names the Discord account."""
    with audit.through(by.door):
        return verb(*args, **kwargs)
