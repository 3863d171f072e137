"""Answers that wait for a model of their route which no machine offers any more: another one of the route stands in."""

from chat.bus import control_on_commit
from chat.models import Generation
from chat.routes import table
from chat.routes.choosing import first_of
from chat.routes.decisions import read
from meatlizard.jobs.lease import State

MOST = 100
"""Looked at in one go; the rest the next time."""


def turn_to_others() -> int:
    """Has each of them wait for the first model that is there, or for any. Returns how many. Whoever claims one meanwhile keeps it."""
    known, turned = table.watched.current(), 0
    rows = Generation.objects.filter(state=State.QUEUED, purpose=Generation.Purpose.ANSWER, routed__isnull=False)
    for row in rows.exclude(model="").exclude(model__startswith="@").order_by("rank")[:MOST]:
        decision = read(row.routed)
        route = known.get(decision.route) if decision else None
        # A model that was asked for otherwise is waited for.
        if route is None or row.model not in route.aliases:
            continue
        model = first_of(route.aliases, row.user_id, sees=row.sight == Generation.Sight.ASKED)
        if model != row.model:
            turned += Generation.objects.filter(pk=row.pk, state=State.QUEUED, model=row.model).update(model=model)
    if turned:
        control_on_commit("work")
    return turned
