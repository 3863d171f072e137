"""Answers that wait for a model of their route which no machine offers any more: another one of the route stands in."""

from uuid import UUID

from chat.bus import control_on_commit
from chat.models import Generation
from chat.routes import table
from chat.routes.choosing import first_of
from chat.routes.decisions import read
from meatlizard.jobs.lease import State

PART = 100
"""Looked at in one go."""


def turn_to_others() -> int:
    """Has each of them wait for the first model that is there, or for any. Returns how many. Whoever claims one meanwhile keeps it."""
    turned = 0
    rows = Generation.objects.filter(state=State.QUEUED, purpose=Generation.Purpose.ANSWER, routed__isnull=False)
    rows = rows.exclude(model="").exclude(model__startswith="@").order_by("pk")
    last: UUID | None = None
    while part := list((rows if last is None else rows.filter(pk__gt=last))[:PART]):
        turned += sum(map(_turn, part))
        last = part[-1].pk
    if turned:
        control_on_commit("work")
    return turned


def _turn(row: Generation) -> int:
    decision = read(row.routed)
    route = table.watched.current().get(decision.route) if decision else None
    # A model that was asked for otherwise is waited for.
    if route is None or row.model not in route.aliases:
        return 0
    model = first_of(route.aliases, row.user_id, sees=row.sight == Generation.Sight.ASKED)
    if model == row.model:
        return 0
    return Generation.objects.filter(pk=row.pk, state=State.QUEUED, model=row.model).update(model=model)
