"""Verbs against the whole site: take questions or not, maintenance, announcements. All are audited, and hold in every process soon.

Each is a conditional change: of two operators who do the same at once, the second hears that it was done already.
"""

import datetime
import re
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.moderation.actions import audit
from meatlizard.ops import switches
from meatlizard.ops.access import operate_only
from meatlizard.ops.models import Switches
from meatlizard.ops.switches import State

MAX_REASON = 300
MAX_ANNOUNCEMENT = 1_000
MAX_HOURS = 24 * 30

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""Controls, and what turns the direction of a line: an announcement stands on every page."""


def take_questions(by: User, on: bool, reason: str = "") -> State:
    """Raises Invalid ``nothing_to_do`` when it is so already."""
    reason = line(reason, MAX_REASON)
    changes = {"requests": on, "requests_reason": "" if on else reason}
    return _change(by, "requests on" if on else "requests off", ~Q(**changes), reason, changes)


def maintain(by: User, level: str, reason: str = "") -> State:
    """``level``: off, soft (no new questions) or hard (read only). Raises Invalid."""
    if level not in Switches.Maintenance.values:
        raise Invalid(_("Maintenance is off, soft or hard."), code="maintenance_unknown")
    reason = line(reason, MAX_REASON)
    changes = {"maintenance": level, "maintenance_reason": "" if level == "off" else reason}
    return _change(by, f"maintenance {level}", ~Q(**changes), reason, changes)


def announce(by: User, text: str, hours: int | None = 24) -> State:
    """Shows ``text`` on every page for so long; None: until it is taken back."""
    text = line(text, MAX_ANNOUNCEMENT)
    if not text:
        raise Invalid(_("Write what is to be announced."), code="empty")
    if hours is not None and not 1 <= hours <= MAX_HOURS:
        raise Invalid(
            _("An announcement stands for 1 to %(most)s hours, or until it is taken back.") % {"most": MAX_HOURS},
            code="hours_out_of_range",
        )
    until = None if hours is None else timezone.now() + datetime.timedelta(hours=hours)
    return _change(by, "announce", Q(), text, {"announcement": text, "announced_until": until})


def take_back(by: User) -> State:
    """Shows no announcement any more."""
    return _change(
        by, "announcement taken back", ~Q(announcement=""), "", {"announcement": "", "announced_until": None}
    )


def line(text: str, most: int) -> str:
    """One line without anything invisible. Raises Invalid when it is too long."""
    text = " ".join(_INVISIBLE.sub(" ", text).split())
    if len(text) > most:
        raise Invalid(_("At most %(most)s characters fit here.") % {"most": most}, code="too_long")
    return text


def _change(by: User, action: str, unless: Q, reason: str, changes: dict[str, Any]) -> State:
    operate_only(by)
    with transaction.atomic():
        Switches.objects.get_or_create(pk=1)
        before = Switches.objects.filter(pk=1).values("requests", "maintenance").get()
        won = Switches.objects.filter(unless, pk=1).update(version=F("version") + 1, **changes)
        if not won:
            raise Invalid(_("It is so already: nothing was changed."), code="nothing_to_do")
        after = {name: changes[name] for name in before if name in changes}
        audit.record(by, action, "site", before=before if after else None, after=after or None, reason=reason)
        switches.changed()
    return switches.current()
