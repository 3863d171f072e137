"""Appeals: one a case, written by whom it is about, answered by a moderator."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.moderation.actions import audit, cases, sanctions
from meatlizard.moderation.models import Appeal, Case, Sanction
from meatlizard.security import ratelimit

MAX_TEXT = 4_000
RATE = "10/h"


def appeal(person: User, case: Case, text: str) -> Appeal:
    """``case`` comes from ``access_own_case``. Raises Invalid for a second one."""
    text = _text(text)
    ratelimit.check(
        "moderation.appeal", str(person.pk), RATE, _("You have written many appeals in this hour. Wait a little.")
    )
    try:
        with transaction.atomic():
            row = Appeal.objects.create(case=case, person=person, text=text, created=timezone.now())
            audit.record(person, "appeal", f"case {case.pk}", person=person.pk)
    except IntegrityError:
        raise Invalid(_("You have appealed in this case already."), code="appealed_already") from None
    return row


def answer(by: User, row: Appeal, granted: bool, text: str) -> None:
    """Granted: suspensions of this case end, what was hidden is shown, and the case counts as dismissed. Raises Invalid when
    somebody has answered already."""
    text = _text(text)
    state = Appeal.State.GRANTED if granted else Appeal.State.REFUSED
    with transaction.atomic():
        won = Appeal.objects.filter(pk=row.pk, state=Appeal.State.OPEN).update(
            state=state, answer=text, answered_at=timezone.now(), answered_by=by.pk
        )
        if not won:
            raise Invalid(_("Somebody else has answered this appeal already."), code="answered_already")
        audit.record(by, f"appeal {state}", f"case {row.case_id}", person=row.person_id, reason=text)
        if granted:
            _undo(by, row)
        else:
            # Who refuses has found the case right.
            _close(by, row, Case.State.CONFIRMED)


def _undo(by: User, row: Appeal) -> None:
    _close(by, row, Case.State.DISMISSED)
    for sanction in Sanction.objects.filter(case=row.case_id, kind=Sanction.Kind.SUSPENSION, lifted_at=None):
        sanctions.lift(by, sanction, _("The appeal was granted."))
    try:
        with transaction.atomic():
            cases.restore(by, row.case)
    except AppError:
        # The conversation may be gone by now; the appeal is granted all the same.
        audit.record(by, "not restored", f"case {row.case_id}", person=row.person_id)


def _close(by: User, row: Appeal, state: str) -> None:
    mine = Case.objects.filter(pk=row.case_id)
    if state == Case.State.CONFIRMED:
        mine = mine.filter(state=Case.State.OPEN)
    mine.update(state=state, decided_at=timezone.now(), decided_by=by.pk)


def _text(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid(_("Write something first."), code="empty")
    if len(text) > MAX_TEXT:
        raise Invalid(_("At most %(most)s characters.") % {"most": MAX_TEXT}, code="too_long")
    return text
