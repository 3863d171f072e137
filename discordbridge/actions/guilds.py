"""Verbs of guilds: the bot came, went, and what administrators set."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat.bus import control_on_commit
from discordbridge.models import Guild
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.actions import audit

TOLD_WITHIN = datetime.timedelta(seconds=15)
"""Open pages learn within it that administrators read along from now on."""


def seen(guild: int, name: str) -> Guild:
    """The bot is in this guild, perhaps for the first time."""
    row, made = Guild.objects.get_or_create(pk=guild, defaults={"name": name[:100]})
    if not made and (row.name != name[:100] or row.left is not None):
        row.name, row.left = name[:100], None
        row.save(update_fields=["name", "left"])
    return row


def left(guild: int) -> None:
    """The bot was removed from it. What is set stays, for when it comes back."""
    Guild.objects.filter(pk=guild, left=None).update(left=timezone.now())


def configure(guild: int, **values: Any) -> Guild:
    """Sets columns of the guild. Raises Invalid for what a column does not take, and when a second guild would mirror."""
    with transaction.atomic():
        row = Guild.objects.select_for_update().filter(pk=guild).first()
        if row is None:
            raise NotFound(gettext("The bot has not been in this guild yet."))
        check(values)
        if values.get("mirror") and not row.mirror:
            # Until then every open page says so.
            values["mirrored_since"] = timezone.now() + TOLD_WITHIN
        for name, value in values.items():
            setattr(row, name, value)
        try:
            with transaction.atomic():
                row.save(update_fields=[*values])
        except IntegrityError:
            raise Invalid(
                gettext("Another guild mirrors web sessions already. Switch it off there first."), code="mirror_twice"
            ) from None
        if "mirror" in values:
            control_on_commit("queue")
    return row


def configure_by(by: User, guild: int, values: Mapping[str, Any]) -> None:
    """As :func:`configure`, by somebody on the site, with an entry in the audit."""
    if not values:
        return
    with transaction.atomic():
        before = Guild.objects.filter(pk=guild).values(*values).first()
        configure(guild, **values)
        audit.record(by, "configure guild", f"guild {guild}", before=before, after=dict(values))


def add_category(guild: int, category: int, *, oversight: bool = False) -> Guild:
    """Notes one more category for private channels, or for mirrors."""
    field = "oversight_categories" if oversight else "categories"
    with transaction.atomic():
        row = Guild.objects.select_for_update().get(pk=guild)
        known: list[int] = getattr(row, field)
        if category not in known:
            known.append(category)
            row.save(update_fields=[field])
    return row


def forget_category(guild: int, category: int) -> None:
    """It was deleted."""
    with transaction.atomic():
        row = Guild.objects.select_for_update().filter(pk=guild).first()
        if row is None:
            return
        row.categories = [one for one in row.categories if one != category]
        row.oversight_categories = [one for one in row.oversight_categories if one != category]
        row.save(update_fields=["categories", "oversight_categories"])


def commands_known(guild: int) -> str:
    """Digest of the commands that Discord has for this server alone; "" when it has none."""
    row = Guild.objects.filter(pk=guild).first()
    return str(row.options.get("commands", "")) if row else ""


def commands_told(guild: int, digest: str) -> None:
    with transaction.atomic():
        row, _ = Guild.objects.select_for_update().get_or_create(pk=guild)
        row.options = {**row.options, "commands": digest}
        row.save(update_fields=["options"])


def check(values: Mapping[str, Any]) -> None:
    """Raises Invalid for what a column does not take."""
    choices = {"maintenance": Guild.Maintenance.values, "session_kind": Guild.SessionKind.values}
    for name, allowed in choices.items():
        if name in values and values[name] not in allowed:
            raise Invalid(
                gettext("{name} is one of: {allowed}.").format(name=name, allowed=", ".join(allowed)), code="bad_choice"
            )
    for name in ("admin_roles", "memory_channels", "categories", "oversight_categories"):
        if name in values and not all(isinstance(one, int) for one in values[name]):
            raise Invalid(gettext("{name} is a list of ids.").format(name=name), code="bad_ids")
