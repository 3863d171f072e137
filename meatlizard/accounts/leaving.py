"""What operators do for a person who leaves, or asks what is kept of them: export, anonymise, delete. Each is in the audit, by number."""

import secrets
from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from meatlizard.accounts import belongings
from meatlizard.accounts.models import User
from meatlizard.accounts.sessions import end_session
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only

MAX_REASON = 500

anonymising = Signal()
"""Sent within the transaction with ``person``, the number of an account. Apps delete what is private of it (what nobody else reads), and take out of
the rest what tells who it was; the account's name, addresses and ways of signing in go by themselves. Who raises AppError stops it."""


def export(by: User, person: User, reason: str) -> Iterator[bytes]:
    """The archive that the person would get themselves, in pieces. Raises Forbidden, Invalid."""
    reason = _asked(by, person, reason)
    audit.record(by, "export account", person=person.pk, reason=reason)
    return belongings.archive(person)


def anonymise(by: User, person: User, reason: str) -> str:
    """What was published stays, under a name that tells nothing; nobody can sign in with the account any more. Returns that name.

    Raises Forbidden for who runs the site, Invalid.
    """
    reason = _asked(by, person, reason)
    name = f"member-{secrets.token_hex(5)}"
    with transaction.atomic():
        row = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        anonymising.send(sender=None, person=row.pk)
        for session in UserSession.objects.filter(user=row):
            end_session(session)
        for ways in (EmailAddress, Authenticator, SocialAccount):
            ways.objects.filter(user=row).delete()
        row.username, row.email, row.first_name, row.last_name = name, "", "", ""
        row.last_login = None
        # Sessions hang on the password: those that no list knows end with it.
        row.set_unusable_password()
        row.save()
        audit.record(by, "anonymise account", person=row.pk, reason=reason)
    return name


def delete(by: User, person: User, reason: str) -> None:
    """The account and all that is its own. Raises Forbidden for who runs the site, Invalid."""
    reason = _asked(by, person, reason)
    with transaction.atomic():
        # Before, by number: afterwards there is nobody.
        audit.record(by, "delete account", person=person.pk, reason=reason)
        User.objects.get(pk=person.pk).delete()


def _asked(by: User, person: User, reason: str) -> str:
    operate_only(by)
    if person.pk == by.pk:
        raise Forbidden(_("Not with your own account."), code="own_account")
    if person.is_staff or person.is_superuser:
        raise Forbidden(_("This account runs the site. Take its rights away first."), code="runs_the_site")
    reason = " ".join(reason.split())[:MAX_REASON]
    if not reason:
        raise Invalid(_("Give a reason: it is in the audit."), code="reason_empty")
    return reason
