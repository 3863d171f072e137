"""Sums of counted viewings, raised in the transaction that counts; always in this order of tables, so that nobody waits in a circle."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from video.models import DayFigure, HourFigures, Retention, Traffic, Video, Viewing
from video.watching import coverage

_COLUMNS = {Viewing.Kind.PERSON: "views", Viewing.Kind.OWNER: "own", Viewing.Kind.BOT: "bots"}


@dataclass(frozen=True, slots=True)
class Told:
    """What was in the sums already of a viewing: its buckets as bits, and seconds."""

    reached: int
    spent: float


def add(viewing: Viewing, before: Told, *, new_view: bool) -> None:
    """Within the transaction that holds the viewing's lock."""
    person = viewing.kind == Viewing.Kind.PERSON
    hour = viewing.changed.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)
    more: dict[str, float] = {"seconds": viewing.spent - before.spent} if person else {}
    if new_view:
        more[_COLUMNS[Viewing.Kind(viewing.kind)]] = 1
    if more:
        _raise(HourFigures, {"video_id": viewing.video_id, "hour": hour}, more)
    if not person:
        return
    if new_view:
        for dimension, value in _what_it_had(viewing):
            key = {"video_id": viewing.video_id, "day": hour.date(), "dimension": dimension, "value": value}
            _raise(DayFigure, key, {"count": 1})
    _reach(viewing.video_id, int(viewing.reached, 16) & ~before.reached)
    if new_view:
        Video.objects.filter(pk=viewing.video_id).update(views=F("views") + 1)


def add_traffic(sent: Mapping[UUID, int], day: datetime.date | None = None) -> None:
    """Bytes by the key of the video, of which some may be gone by now. Each call counts: who repeats one counts twice."""
    day = day or timezone.now().astimezone(datetime.UTC).date()
    with transaction.atomic():
        # In one order, as everybody does who raises several.
        there = Video.objects.filter(pk__in=list(sent)).order_by("pk").values_list("pk", flat=True)
        for key in list(there):
            _raise(Traffic, {"video_id": key, "day": day}, {"bytes": sent[key]})


def _what_it_had(viewing: Viewing) -> list[tuple[str, str]]:
    said = DayFigure.Dimension
    return [
        (said.DEVICE, viewing.device), (said.BROWSER, viewing.browser), (said.SYSTEM, viewing.system), (said.REFERRER, viewing.referrer),
        (said.HEIGHT, str(viewing.height) if viewing.height else ""),
    ]  # fmt: skip


def _raise(model: type[models.Model], key: dict[str, Any], more: Mapping[str, float]) -> None:
    changes = {name: F(name) + value for name, value in more.items()}
    rows = model._default_manager.filter(**key)
    if not rows.update(**changes):
        model._default_manager.bulk_create([model(**key)], ignore_conflicts=True)
        rows.update(**changes)


def _reach(video: UUID, bits: int) -> None:
    if not bits:
        return
    Retention.objects.bulk_create([Retention(video_id=video)], ignore_conflicts=True)
    row = Retention.objects.select_for_update().get(pk=video)
    counts = [*row.reached, *[0] * (coverage.BUCKETS - len(row.reached))]
    for bucket in coverage.buckets(bits):
        counts[bucket] += 1
    row.reached = counts
    row.save(update_fields=["reached"])
