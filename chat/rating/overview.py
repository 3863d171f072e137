"""Ratings in sum, as operators see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When

from chat.models import Candidate, Rating


@dataclass(frozen=True, slots=True)
class Line:
    """Of one model, or for one reason."""

    name: str
    up: int
    down: int

    @property
    def share(self) -> float | None:
        """Of thumbs, how many are up: 0 to 1."""
        return self.up / (self.up + self.down) if self.up + self.down else None


def by(rows: "QuerySet[Rating]", column: str) -> list[Line]:
    """The most rated first. ``column``: what to count by."""
    counted = (
        rows.order_by()
        .values_list(column)
        .annotate(up=Count("pk", filter=Q(value="up")), down=Count("pk", filter=Q(value="down")))
    )
    lines = [Line(str(name), up, down) for name, up, down in counted]
    return sorted(lines, key=lambda line: (-(line.up + line.down), line.name))


@dataclass(frozen=True, slots=True)
class Preference:
    """Of one model, in comparisons of which an answer was kept."""

    name: str
    compared: int
    kept: int

    @property
    def share(self) -> float:
        return self.kept / self.compared


def preferences(period: Mapping[str, Any]) -> list[Preference]:
    """The most often kept first. ``period``: look-ups of the moment when one was kept, such as ``gte``."""
    when = {f"comparison__settled__{look_up}": value for look_up, value in period.items()}
    counted = (
        Candidate.objects.filter(comparison__settled__isnull=False, **when)
        .order_by()
        .values_list("model")
        .annotate(compared=Count("pk"), kept=Count("pk", filter=Q(comparison__kept=F("message"))))
    )
    return sorted((Preference(*line) for line in counted), key=lambda one: (-one.share, one.name))


def by_persona(rows: "QuerySet[Rating]") -> list[Line]:
    """By the names under which personas are published. Those that people keep to themselves are counted together, as is no persona."""
    shown = Q(persona__published__isnull=False) & ~Q(persona__visibility="mine")
    name = Case(When(shown, then="persona__published__name"), default=Value(""), output_field=CharField())
    return by(rows.annotate(persona_name=name), "persona_name")


def by_reason(rows: "QuerySet[Rating]") -> list[Line]:
    words = dict(Rating.Reason.choices)
    return [Line(str(words.get(line.name, "")), line.up, line.down) for line in by(rows, "reason")]
