"""Reports by people, into the same queue as what rules find."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation import rulebook
from meatlizard.moderation.models import Case
from meatlizard.security import ratelimit

MAX_COMMENT = 1_000
MAX_TEXT = 200_000
RATE = "20/h"


def report(
    reporter: User | None,
    address: str,
    *,
    service: str,
    target: str,
    text: str,
    reason: str,
    comment: str = "",
    place: str = "",
    owner: int | None = None,
) -> Case:
    """``text`` is what was reported, as the reporter saw it: to report it is to show it to moderators. Visitors are known by
    ``address`` alone, which is not kept. ``owner``: whose it is.

    Raises Forbidden where reports are off, Invalid for no reason or the same again, LimitReached.
    """
    if not rulebook.current().reports:
        raise Forbidden(_("Reports are switched off on this site."), code="reports_off")
    if reason not in Case.Reason.values:
        raise Invalid(_("Choose a reason."), code="reason_bad")
    comment = comment.replace("\x00", "").strip()
    if len(comment) > MAX_COMMENT:
        raise Invalid(_("A comment has at most %(most)s characters.") % {"most": MAX_COMMENT}, code="comment_too_long")
    who = f"user {reporter.pk}" if reporter else f"address {address}"
    ratelimit.check("moderation.report", who, RATE, _("You have reported much in this hour. Wait a little."))
    with transaction.atomic():
        if reporter is not None:
            # In line with oneself, so that two clicks at once make one report.
            User.objects.select_for_update(no_key=True).filter(pk=reporter.pk).first()
            mine = Case.objects.filter(service=service, target=target, origin=Case.Origin.REPORT, state=Case.State.OPEN)
            if mine.filter(reporter=reporter.pk).exists():
                raise Invalid(
                    _("You have reported this already. A moderator will look at it."), code="reported_already"
                )
        return Case.objects.create(
            created=timezone.now(), origin=Case.Origin.REPORT, service=service, direction="out", person_id=owner,
            reporter=reporter, target=target, place=place, matched=text[:MAX_TEXT].replace("\x00", "\ufffd"),
            reason=reason, comment=comment,
        )  # fmt: skip
