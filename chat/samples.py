"""What nodes measure, kept by the minute for a week."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.models import Node, NodeSample
from inference_client.protocol.messages import Metrics

KEPT_DAYS = 7
LARGEST = 2**62
"""No count beyond it is stored: a node may say any number, and the database takes 63 bits."""

MAX_MODELS = 200
"""By name in one minute; as many as a node may offer. What a node says of others is left out."""

SUMS = ("prompt_tokens", "cached_tokens", "completion_tokens", "requests", "errors")
_LATEST = ("uptime", "memory", "memory_free", "gpu_utilisation", "gpu_memory", "temperature")
_COLUMNS = ["seconds", *SUMS, "busy", "waiting", "reconnections", *_LATEST, "by_model"]


@dataclass(slots=True, eq=False)
class Minute:
    """The reports of one node in the minute that began ``at``, added up."""

    at: datetime.datetime
    changed: bool = False
    seconds: float = 0.0
    values: dict[str, Any] = field(default_factory=dict)
    by_model: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, report: Metrics, seconds: float) -> None:
        """``seconds`` have gone by since the report before."""
        self.changed = True
        self.seconds += seconds
        values = {name: self.values.get(name, 0) for name in SUMS}
        for model in report.models:
            if model.alias not in self.by_model and len(self.by_model) >= MAX_MODELS:
                continue
            sums = self.by_model.setdefault(model.alias, dict.fromkeys((*SUMS, "seconds"), 0))
            sums["busy"] = min(LARGEST, model.busy)
            sums["seconds"] = min(1e9, sums["seconds"] + model.seconds)
            for name in SUMS:
                sums[name] = min(LARGEST, sums[name] + getattr(model, name))
                values[name] = min(LARGEST, values[name] + getattr(model, name))
        values |= {name: getattr(report, name) for name in _LATEST}
        values["reconnections"] = min(LARGEST, report.reconnections)
        for name in ("busy", "waiting"):
            values[name] = min(2**31 - 1, sum(getattr(model, name) for model in report.models))
        self.values = values

    def copy(self) -> "Minute":
        """As it is now: another thread may write it while more is added here."""
        by_model = {alias: dict(sums) for alias, sums in self.by_model.items()}
        return Minute(self.at, self.changed, self.seconds, dict(self.values), by_model)


def write(node: UUID, session: str, minutes: Sequence[Minute]) -> None:
    """Stores minutes in one statement; one that was stored before is replaced by what it is now."""
    rows = [
        NodeSample(node_id=node, session=session, at=one.at, seconds=one.seconds, by_model=one.by_model, **one.values)
        for one in minutes
    ]
    if Node.objects.filter(pk=node).exists():
        NodeSample.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["node", "session", "at"], update_fields=_COLUMNS
        )


def purge() -> int:
    """Forgets what is older than a week; returns how many rows that were. Harmless in several processes at once."""
    before = timezone.now() - datetime.timedelta(days=KEPT_DAYS)
    return NodeSample.objects.filter(at__lt=before).delete()[0]
