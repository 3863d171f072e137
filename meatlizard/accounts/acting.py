"""An operator signs in as a member, to see what they see. It is in the audit, told on every page and to the member, and ends by itself.

The session is the member's in all but this mark, so that every door sees the member; it ends at a fixed moment, in the store of sessions itself.
The operator's own session is given up for it: no way leads back from a member's session to more rights. What such a session may not do
is kept by :mod:`meatlizard.accounts.acting_middleware` and, at the doors beside it, by :func:`is_acting`.
"""

import datetime
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.access import runs_the_site
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation.actions import audit
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops.access import operate_only

MARK: Final = "acting"
MINUTES: Final = 30
MAX_REASON: Final = 500
TOLD_DAYS: Final = 90


def begin(request: HttpRequest, by: User, person: User, reason: str) -> datetime.datetime:
    """This browser is signed in as ``person`` until the moment returned. Raises Forbidden, Invalid."""
    operate_only(by)
    reason = " ".join(reason.split())[:MAX_REASON]
    if not reason:
        raise Invalid(_("Give a reason: it is in the audit, and the member reads it."), code="reason_empty")
    if is_acting(request.session):
        raise Forbidden(_("You are signed in as somebody already. End that first."), code="acting_already")
    _may_be(by, person)
    until = timezone.now() + datetime.timedelta(minutes=MINUTES)
    # First of all, so that nothing of it happens unrecorded.
    audit.record(by, "sign in as", person=person.pk, after={"until": until.isoformat()}, reason=reason)
    request.session.flush()
    request.session[SESSION_KEY] = str(person.pk)
    request.session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    request.session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    request.session[MARK] = {"by": by.pk, "name": by.get_username(), "until": until.isoformat()}
    request.session.set_expiry(until)
    rotate_token(request)
    return until


def end(request: HttpRequest) -> None:
    """Signs this browser out. Raises Invalid when nobody is signed in as anybody."""
    mark = request.session.get(MARK)
    if not mark:
        raise Invalid(_("You are not signed in as somebody else."), code="not_acting")
    person = request.session.get(SESSION_KEY)
    audit.record(_operator(mark), "sign in as ended", person=int(person) if person else None)
    request.session.flush()


def is_acting(session: Mapping[str, Any] | Any) -> bool:
    return bool(session.get(MARK))


def over(mark: Mapping[str, Any], person: User) -> bool:
    """Its time has passed, whoever it is operates the site no more, or ``person`` has come to run it: those rights are nobody else's."""
    until = datetime.datetime.fromisoformat(str(mark["until"]))
    if until <= timezone.now():
        return True
    operator = _operator(mark)
    if operator is None:
        return True
    try:
        operate_only(operator)
    except Forbidden:
        return True
    return runs_the_site(person)


def wrote(mark: Mapping[str, Any], person: User, method: str, path: str) -> None:
    """Whatever changes something is on record before it is done."""
    audit.record(_operator(mark), f"as member: {method}"[:40], path, person=person.pk)


def told(person: User) -> list[tuple[datetime.datetime, str]]:
    """When operators were signed in as this person lately, and why: shown to the person."""
    since = timezone.now() - datetime.timedelta(days=TOLD_DAYS)
    rows = AuditEntry.objects.filter(person=person.pk, action="sign in as", at__gte=since).order_by("-at")
    return list(rows.values_list("at", "reason")[:20])


def _operator(mark: Mapping[str, Any]) -> User | None:
    return User.objects.filter(pk=int(mark["by"])).first()


def _may_be(by: User, person: User) -> None:
    if person.pk == by.pk:
        raise Invalid(_("That is you."), code="own_account")
    if runs_the_site(person):
        raise Forbidden(_("Nobody signs in as somebody who runs the site."), code="runs_the_site")
    if not person.is_active or person.is_suspended:
        raise Forbidden(_("This account is shut out: there is nothing to see with it."), code="shut_out")
