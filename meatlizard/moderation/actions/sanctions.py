"""Verbs against people: warn, suspend, lift; and what a person has read of it."""

import datetime
import logging

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import OPEN_END, User
from meatlizard.accounts.sessions import end_session
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation.actions import audit
from meatlizard.moderation.models import Case, Sanction

log = logging.getLogger(__name__)

MAX_DAYS = 3_650
MAX_REASON = 500

account_suspended = Signal()
"""Sent with ``person``, the number of an account, when its suspension was committed: what it has open is to be closed."""


def warn(by: User, person: User, reason: str, case: Case) -> Sanction:
    """The person's next page is this warning, until it says that it was read."""
    _may_act_on(by, person)
    reason = _reason(reason)
    with transaction.atomic():
        row = Sanction.objects.create(
            person=person,
            case=case,
            kind=Sanction.Kind.WARNING,
            reason=reason,
            created=timezone.now(),
            created_by=by.pk,
        )
        User.objects.filter(pk=person.pk).update(warned=True)
        audit.record(by, "warn", f"case {case.pk}", person=person.pk, reason=reason)
    return row


def suspend(by: User, person: User, reason: str, days: int | None, case: Case | None = None) -> Sanction:
    """Signs the person out everywhere and shuts them out for ``days``; None: until it is lifted.

    Raises Invalid for somebody who is suspended already, Forbidden for oneself and for who runs the site.
    """
    _may_act_on(by, person)
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(
            _("A suspension lasts 1 to %(days)s days, or until it is lifted.") % {"days": MAX_DAYS}, code="days_bad"
        )
    with transaction.atomic():
        row = _suspend(by, person, _reason(reason), days, case or _case_of(by, person, reason))
        if row is None:
            raise Invalid(_("This account is suspended already."), code="suspended_already")
    return row


def by_rule(person: User, case: Case, reason: str, days: int | None) -> Sanction | None:
    """In the caller's transaction. Who runs the site is not suspended by a rule, nor somebody who is already."""
    if person.is_staff or person.is_superuser:
        log.warning("moderation.staff_not_suspended", extra={"person": person.pk, "case": str(case.pk)})
        return None
    return _suspend(None, person, reason[:MAX_REASON], days, case)


def _suspend(by: User | None, person: User, reason: str, days: int | None, case: Case) -> Sanction | None:
    now = timezone.now()
    # One at a time for each person: of two moderators at once the first one's holds.
    locked = User.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
    if locked is None or locked.is_suspended:
        return None
    until = now + datetime.timedelta(days=days) if days else None
    row = Sanction.objects.create(
        person=person, case=case, kind=Sanction.Kind.SUSPENSION, reason=reason, created=now,
        created_by=by.pk if by else None, until=until,
    )  # fmt: skip
    User.objects.filter(pk=person.pk).update(suspended_until=until or OPEN_END)
    for session in UserSession.objects.filter(user=person.pk):
        end_session(session)
    after = {"until": until.isoformat() if until else None}
    audit.record(by, "suspend", f"case {case.pk}", person=person.pk, after=after, reason=reason)
    transaction.on_commit(lambda: account_suspended.send(sender=None, person=person.pk))
    return row


def lift(by: User, sanction: Sanction, reason: str = "") -> None:
    """Ends a suspension. Raises Invalid when it is over already."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).filter(pk=sanction.person_id).first()
        now = timezone.now()
        mine = Sanction.objects.filter(pk=sanction.pk, kind=Sanction.Kind.SUSPENSION, lifted_at=None)
        if person is None or not mine.update(lifted_at=now, lifted_by=by.pk):
            raise Invalid(_("This suspension was lifted already."), code="lifted_already")
        others = Sanction.objects.filter(person=person.pk, kind=Sanction.Kind.SUSPENSION, lifted_at=None)
        if not any(row.until is None or row.until > now for row in others):
            User.objects.filter(pk=person.pk).update(suspended_until=None)
        before = {"until": sanction.until.isoformat() if sanction.until else None}
        audit.record(by, "lift", f"case {sanction.case_id}", person=person.pk, before=before, reason=reason)


def read_warnings(person: User) -> None:
    """The person says that the warnings were read."""
    with transaction.atomic():
        mine = Sanction.objects.filter(person=person.pk, kind=Sanction.Kind.WARNING, seen_at=None)
        if mine.update(seen_at=timezone.now()):
            audit.record(person, "warning read", person=person.pk)
        User.objects.filter(pk=person.pk).update(warned=False)


def standing(person: User) -> Sanction | None:
    """The suspension that holds now."""
    if not person.is_suspended:
        return None
    rows = Sanction.objects.filter(person=person.pk, kind=Sanction.Kind.SUSPENSION, lifted_at=None)
    return rows.order_by("-created").first()


def _case_of(by: User, person: User, reason: str) -> Case:
    """A suspension without a case gets one, so that there is something to appeal against."""
    return Case.objects.create(
        created=timezone.now(), origin=Case.Origin.MODERATOR, service="site", person=person, comment=reason,
        state=Case.State.CONFIRMED, decided_at=timezone.now(), decided_by=by.pk,
    )  # fmt: skip


def _may_act_on(by: User, person: User) -> None:
    if person.pk == by.pk:
        raise Forbidden(_("Nobody moderates their own account."), code="own_account")
    if person.is_superuser or (person.is_staff and not by.is_superuser):
        raise Forbidden(
            _("This account runs the site. Only its operator can act on it, in the admin."), code="runs_the_site"
        )


def _reason(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise Invalid(_("Give a reason: the person reads it."), code="reason_empty")
    if len(text) > MAX_REASON:
        raise Invalid(_("A reason has at most %(most)s characters.") % {"most": MAX_REASON}, code="reason_too_long")
    return text
