"""Verbs that tie a Discord account to a web account."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from discordbridge.actions import coming_back
from discordbridge.models import DiscordAccount
from meatlizard.accounts.merging import merge
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation.actions import audit
from meatlizard.ops import switches


def link(snowflake: int, name: str, user: User) -> DiscordAccount:
    """From now on the Discord account is ``user``'s. What was said from there until now is theirs, too: conversations, files and used
    tokens move in the same transaction, and the account that was made for it goes.

    The caller has made sure that both are the same person's. Raises Invalid where either is tied to somebody else, or while an answer
    is being written, and Forbidden for who is shut out: that would be a way around it.
    """
    with transaction.atomic():
        # One at a time for each person: of two codes at once the second finds what the first has done.
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        row = DiscordAccount.objects.select_related("user").filter(pk=snowflake).first()
        if row is not None and row.user_id == user.pk:
            return row
        switches.may_change(user)
        _may(row, user)
        if row is None:
            row = DiscordAccount(pk=snowflake, user=user)
        else:
            shadow = row.user
            coming_back.is_back(snowflake, shadow, user)
            # Before the accounts are made one: a person has one of these, and this is to be it.
            row.user = user
            DiscordAccount.objects.filter(pk=snowflake).update(user=user)
            merge(shadow, user)
        row.name, row.shadow, row.linked = name[:100], False, timezone.now()
        row.save()
        audit.record(user, "link discord", f"discord account {snowflake}", person=user.pk)
    return row


def unlink(user: User) -> bool:
    """The Discord account is nobody's again; what was said stays the web account's. False when there was none.

    Raises Forbidden for who is shut out: on Discord they would begin anew.
    """
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not user.is_active or user.is_suspended:
            raise Forbidden(gettext("An account that is shut out cannot be untied."), code="shut_out")
        row = DiscordAccount.objects.filter(user=user.pk, shadow=False).first()
        gone = row is not None
        if row is not None:
            coming_back.leaves(row.pk, user)
            row.delete()
            audit.record(user, "unlink discord", f"account {user.pk}", person=user.pk)
    return gone


def _may(row: DiscordAccount | None, user: User) -> None:
    if (
        not user.is_active
        or user.is_suspended
        or (row is not None and (row.user.is_suspended or not row.user.is_active))
    ):
        raise Forbidden(gettext("An account that is shut out cannot be linked."), code="shut_out")
    if row is not None and not row.shadow:
        raise Invalid(
            gettext("This Discord account is linked to another account of this site. Unlink it there first."),
            code="linked",
        )
    if DiscordAccount.objects.filter(user=user).exists():
        raise Invalid(
            gettext("Your account is linked to another Discord account. Unlink that one first."), code="linked_already"
        )
