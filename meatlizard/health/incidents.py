"""Verbs on incidents."""

from django.db import transaction

from meatlizard.accounts.models import User
from meatlizard.health.models import Incident
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only


def settled(by: User, incident: Incident) -> Incident:
    """After its updates have changed: state and end are those of the newest, and the audit hears of it."""
    operate_only(by)
    with transaction.atomic():
        newest = incident.updates.order_by("-at", "-pk").first()
        before = {"state": incident.state}
        incident.state = newest.state if newest else Incident.State.LOOKING
        incident.ended = newest.at if newest and newest.state == Incident.State.OVER else None
        incident.save(update_fields=["state", "ended"])
        incident.updates.filter(by=None).update(by=by)
        after = {"state": incident.state}
        audit.record(by, "incident", f"incident:{incident.pk}", before=before, after=after, reason=incident.title)
    return incident
