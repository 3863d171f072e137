"""Verbs of accounts: who a person on Discord is here, and that a web account is the same person's."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from discordbridge.actions import coming_back
from discordbridge.models import DiscordAccount
from meatlizard.accounts.access import needs_setup
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden


def known(snowflake: int, name: str) -> DiscordAccount:
    """The account of a person on Discord, with ``user`` and tier; a site account is made for a newcomer, without a password.

    Raises Forbidden while the site has no administrator (whose account is the first), and for a person who is shut out.
    """
    name = name[:100]
    row = _load(snowflake) or _make(snowflake, name)
    if row.name != name:
        row.name = name
        row.save(update_fields=["name"])
    if not row.user.is_active:
        raise Forbidden(gettext("Your account on this site is switched off. Ask an operator."), code="inactive")
    if row.user.is_suspended:
        raise Forbidden(gettext("You are suspended on this site for now."), code="suspended")
    return row


def _load(snowflake: int) -> DiscordAccount | None:
    return DiscordAccount.objects.select_related("user__tier").filter(pk=snowflake).first()


def _make(snowflake: int, name: str) -> DiscordAccount:
    if needs_setup():
        raise Forbidden(
            gettext("This site has not been set up yet. Its operator has to open it in a browser first."),
            code="not_set_up",
        )
    try:
        with transaction.atomic():
            user = User(username=_free_name(snowflake), first_name=name)
            user.set_unusable_password()
            user.save()
            made = DiscordAccount.objects.create(pk=snowflake, user=user, name=name)
            coming_back.comes(snowflake, user)
            return made
    except IntegrityError:
        # Two messages at once.
        row = _load(snowflake)
        if row is None:
            raise
        return row


def _free_name(snowflake: int) -> str:
    """Somebody on the web may have chosen the very name."""
    name = f"discord-{snowflake}"
    taken = set(User.objects.filter(username__istartswith=name).values_list("username", flat=True))
    endings = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in endings if one not in taken)
