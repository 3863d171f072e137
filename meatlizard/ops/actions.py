"""Verbs against the whole site: take questions or not, maintenance. All are audited, and hold in every process soon.

Each is a conditional change: of two operators who do the same at once, the second hears that it was done already.
"""

import re
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.moderation.actions import audit
from meatlizard.ops import switches
from meatlizard.ops.access import operate_only
from meatlizard.ops.models import Switches
from meatlizard.ops.switches import State

MAX_REASON = 300

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""Controls, and what turns the direction of a line: an announcement stands on every page."""


def take_questions(by: User, on: bool, reason: str = "") -> State:
    """Raises Invalid ``nothing_to_do`` when it is so already."""
    reason = line(reason, MAX_REASON)
    changes = {"requests": on, "requests_reason": "" if on else reason}
    return _change(by, "requests on" if on else "requests off", ~Q(**changes), reason, changes)


def maintain(by: User | None, level: str, reason: str = "") -> State:
    """``level``: off, soft (questions wait), read (nothing is changed) or hard (closed); ``by`` None: whoever sits at the machine. Raises Invalid."""
    if level not in Switches.Maintenance.values:
        raise Invalid(_("Maintenance is off, soft, read-only or hard."), code="maintenance_unknown")
    reason = line(reason, MAX_REASON)
    changes = {"maintenance": level, "maintenance_reason": "" if level == "off" else reason}
    return _change(by, f"maintenance {level}", ~Q(**changes), reason, changes)


def line(text: str, most: int) -> str:
    """One line without anything invisible. Raises Invalid when it is too long."""
    text = " ".join(_INVISIBLE.sub(" ", text).split())
    if len(text) > most:
        raise Invalid(_("At most %(most)s characters fit here.") % {"most": most}, code="too_long")
    return text


def _change(by: User | None, action: str, unless: Q, reason: str, changes: dict[str, Any]) -> State:
    if by is not None:
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
