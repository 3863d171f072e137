"""Verbs on the services of the site: on or off, and for whom not."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from meatlizard.accounts.models import Tier, User
from meatlizard.control import services, state
from meatlizard.control.models import ServiceSwitch
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only
from meatlizard.ops.actions import MAX_REASON, line


def switch(by: User, name: str, on: bool, reason: str = "", closed_to: Iterable[int] = ()) -> ServiceSwitch:
    """``closed_to``: numbers of tiers, and 0 for guests. Raises NotFound, Invalid, Forbidden."""
    operate_only(by)
    if name not in {one.name for one in services.all_services()}:
        raise NotFound(_("There is no such service."))
    reason = line(reason, MAX_REASON)
    wanted = sorted(set(closed_to))
    known = {services.GUESTS, *Tier.objects.filter(pk__in=wanted).values_list("pk", flat=True)}
    if not known.issuperset(wanted):
        raise Invalid(_("One of these tiers is gone. Look at the page again."), code="no_such_tier")
    with transaction.atomic():
        state.lock()
        row = ServiceSwitch.objects.filter(pk=name).first() or ServiceSwitch(name=name)
        before = {"on": row.on, "closed_to": row.closed_to}
        after = {"on": on, "closed_to": wanted}
        if before == after and row.reason == reason:
            raise Invalid(_("It is so already: nothing was changed."), code="nothing_to_do")
        row.on, row.reason, row.closed_to = on, reason, wanted
        row.save()
        audit.record(by, f"service {'on' if on else 'off'}", name, before=before, after=after, reason=reason)
        state.raise_version()
    return row
