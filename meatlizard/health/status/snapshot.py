"""What the status page says, out of the database and of what this process sees for itself."""

import datetime
import time
from dataclasses import dataclass, field, replace
from typing import Final

from django.utils import timezone

from meatlizard.health.components import State, Title, all_components
from meatlizard.health.examining import Looked
from meatlizard.health.models import Incident, IncidentUpdate
from meatlizard.health.status import history
from meatlizard.health.status.history import History
from meatlizard.ops import switches

SHOWN: Final = datetime.timedelta(days=90)
MOST: Final = 50

_NONE: Final = History((), ())


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    title: Title
    state: State
    history: History


@dataclass(frozen=True, slots=True)
class Told:
    """An incident with its updates, the newest first."""

    incident: Incident
    updates: tuple[IncidentUpdate, ...]

    @property
    def over(self) -> bool:
        return self.incident.state == Incident.State.OVER


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``at``: when the states were seen; ``read``: when the database was asked last, nought: never. The two differ while it is away."""

    at: float = 0.0
    read: float = 0.0
    site: History = _NONE
    parts: tuple[Part, ...] = ()
    incidents: tuple[Told, ...] = ()
    maintenance: str = ""
    pages: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)

    @property
    def state(self) -> State:
        """Of the site as a whole: down if a part is that everything needs, or operators say so."""
        needed = {one.name for one in all_components() if one.needed}
        if any(part.state == "down" and part.name in needed for part in self.parts) or self._worst("much"):
            return "down"
        if any(part.state in ("down", "warning") for part in self.parts) or self._worst("some"):
            return "warning"
        return "good"

    @property
    def titles(self) -> dict[str, Title]:
        return {part.name: part.title for part in self.parts}

    def _worst(self, impact: str) -> bool:
        return any(one.incident.impact == impact and not one.over for one in self.incidents)


@dataclass(slots=True)
class Kept:
    """The newest, of this process."""

    snapshot: Snapshot = field(default_factory=Snapshot)


kept = Kept()


def read(looked: list[Looked] | tuple[Looked, ...]) -> Snapshot:
    """Asks the database."""
    past = history.read()
    since = timezone.now() - SHOWN
    rows = Incident.objects.filter(began__gte=since) | Incident.objects.exclude(state=Incident.State.OVER)
    incidents = [
        Told(row, tuple(row.updates.all())) for row in rows.prefetch_related("updates").order_by("-began")[:MOST]
    ]
    # What is not over stands above, however long ago it began.
    incidents.sort(key=lambda one: one.over)
    now = time.time()
    return Snapshot(now, now, past[""], _parts(looked, past), tuple(incidents), switches.current().maintenance)


def without_database(before: Snapshot, looked: list[Looked] | tuple[Looked, ...]) -> Snapshot:
    """The past as it was known, with the states of now."""
    past = {part.name: part.history for part in before.parts}
    return replace(before, at=time.time(), parts=_parts(looked, past), pages={})


def _parts(looked: list[Looked] | tuple[Looked, ...], past: dict[str, History]) -> tuple[Part, ...]:
    return tuple(
        Part(one.component.name, one.component.title, one.found.state, past.get(one.component.name, _NONE))
        for one in looked
        if one.found.state != "off"
    )
