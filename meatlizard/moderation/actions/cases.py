"""Verbs of moderators on cases. Of two who decide the same case at once one wins, and the other is told so."""

import datetime
from collections.abc import Callable, Iterable
from typing import TypeAlias

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.moderation import services
from meatlizard.moderation.access import policy
from meatlizard.moderation.actions import audit
from meatlizard.moderation.models import Appeal, Case
from meatlizard.moderation.spans import BAR, masked

State: TypeAlias = Case.State
Content: TypeAlias = Case.Content
MAX_AT_ONCE = 200


def dismiss(by: User, case: Case, note: str = "") -> None:
    """There was nothing wrong: what was masked or withheld is shown after all. Raises Invalid when it is decided already."""
    _decide(by, case, State.DISMISSED, note)


def confirm(by: User, case: Case, note: str = "") -> None:
    """The rule, or who reported, was right. What was done to the text stays."""
    _decide(by, case, State.CONFIRMED, note)


def _decide(by: User, case: Case, state: State, note: str) -> None:
    with transaction.atomic():
        won = Case.objects.filter(pk=case.pk, state=State.OPEN).update(
            state=state, decided_at=timezone.now(), decided_by=by.pk
        )
        if not won:
            raise Invalid(_("Somebody else has decided this case already. Reload the page to see it."), code="decided")
        audit.record(by, state, _name(case), person=case.person_id, before=State.OPEN, after=state, reason=note)
        if state == State.DISMISSED:
            restore(by, case)


def restore(by: User, case: Case) -> bool:
    """Shows the text as it was, where it is hidden now. In the caller's transaction."""
    hidden = (Content.MASKED, Content.WITHHELD, Content.WAITING)
    row = Case.objects.filter(pk=case.pk).first()
    if row is None or row.content not in hidden or not row.kept:
        return False
    return _change(by, row, hidden, Content.SHOWN, lambda service: _unhide(service, row), "unmask")


def _unhide(service: services.Service, row: Case) -> bool:
    text = service.read(row.target)
    if text and BAR not in text:
        # Its owner has put other words in its place since.
        return True
    return text is not None and service.write(row.target, row.kept)


def unmask(by: User, case: Case) -> None:
    """Shows the text after all, without a word on the case."""
    with transaction.atomic():
        if not restore(by, case):
            raise Invalid(_("Nothing of this is hidden now, or its text is not kept."), code="nothing_hidden")


def mask(by: User, case: Case) -> None:
    """Blacks out what was matched; where nothing was, all of it."""
    with transaction.atomic():
        row = Case.objects.select_for_update().get(pk=case.pk)
        service = services.find(row.service)
        text = service.read(row.target) if service and row.target else None
        if text is None:
            raise Invalid(_("What this is about is gone."), code="gone")
        if row.content != Content.SHOWN:
            raise Invalid(_("This is hidden already."), code="hidden_already")
        # Its owner may have changed it since: spans then lie anywhere.
        spans = row.spans if row.spans and row.kept in ("", text) and row.matched else []
        hidden = masked(text, [(start, end) for start, end in spans] or [(0, len(text))])
        Case.objects.filter(pk=row.pk).update(kept=text)
        _change(by, row, (Content.SHOWN,), Content.MASKED, lambda one: one.write(row.target, hidden), "mask")


def delete(by: User, case: Case) -> None:
    """Leaves nothing of the text, here or where it was shown."""
    with transaction.atomic():
        before = tuple(content for content in Content if content not in (Content.DELETED, Content.REFUSED))
        if not case.target:
            raise Invalid(_("Nothing of this was stored."), code="nothing_stored")
        _change(by, case, before, Content.DELETED, lambda one: one.remove(case.target), "delete")
        Case.objects.filter(pk=case.pk).update(kept="", spans=[])


def _change(
    by: User,
    case: Case,
    before: Iterable[Content],
    after: Content,
    carry_out: Callable[[services.Service], bool],
    what: str,
) -> bool:
    """Claims the change by the state of the content, so that two at once do not both carry it out."""
    was = Case.objects.filter(pk=case.pk).values_list("content", flat=True).first()
    if not Case.objects.filter(pk=case.pk, content=was, content__in=list(before)).update(content=after):
        raise Invalid(_("Somebody else has changed this meanwhile. Reload the page to see it."), code="changed")
    service = services.find(case.service)
    if service is None or not carry_out(service):
        raise Invalid(_("What this is about is gone."), code="gone")
    audit.record(by, what, _name(case), person=case.person_id, before=was, after=after)
    return True


def several(by: User, cases: Iterable[Case], verb: Callable[[User, Case], None]) -> tuple[int, list[str]]:
    """Each in a transaction of its own: how many were done, and why others were not."""
    done, refused = 0, []
    for case in list(cases)[:MAX_AT_ONCE]:
        try:
            verb(by, case)
            done += 1
        except AppError as error:
            refused.append(error.message)
    return done, refused


def looked_at(by: User, case: Case) -> None:
    """A moderator reads more than what was matched; that leaves a trace."""
    audit.record(by, "read text", _name(case), person=case.person_id)


def clear() -> int:
    """Deletes decided cases that are older than the operator keeps, with what is kept of texts in them."""
    days = policy().case_days
    if not days:
        return 0
    before = timezone.now() - datetime.timedelta(days=days)
    waiting = Q(appeal__state=Appeal.State.OPEN)
    rows = Case.objects.exclude(state=State.OPEN).filter(decided_at__lt=before).exclude(waiting)
    return rows.delete()[0]


def _name(case: Case) -> str:
    return f"case {case.pk}"
