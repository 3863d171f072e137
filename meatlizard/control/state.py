"""What each process remembers of what operators have changed: settings, services, announcements. They share the version of the site's
switches (:mod:`meatlizard.ops.switches`), so that one small query a second sees to all of it.
"""

import datetime
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from meatlizard.control import live
from meatlizard.control.models import Announcement, ServiceSwitch, SettingChange
from meatlizard.ops import switches
from meatlizard.ops.models import Switches


@dataclass(frozen=True, slots=True)
class Switch:
    """Of one service."""

    on: bool
    reason: str
    closed_to: frozenset[int]


@dataclass(frozen=True, slots=True)
class Notice:
    """An announcement as pages show it."""

    number: int
    text: str
    begins: datetime.datetime
    ends: datetime.datetime | None
    dismissible: bool
    discord: bool = False

    def stands(self, now: datetime.datetime) -> bool:
        return self.begins <= now and (self.ends is None or self.ends > now)


@dataclass(frozen=True, slots=True)
class State:
    """Without rows everything is as the environment says, open, and quiet."""

    version: int = -1
    settings: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, Switch] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


_lock = threading.Lock()
_state = State()


def remembered() -> State:
    """Asks no database, so the event loop may ask; kept by the follower of the switches."""
    return _state


def refresh(version: int) -> None:
    """Reads all of it, when the switches have changed. What changes meanwhile raises the version again, and is read the next time."""
    global _state
    with _lock:
        _state = _read(version)
        state = _state
    live.apply(state.settings)


def hold(state: State) -> None:
    """For tests: nothing is read from the database until the switches change."""
    global _state
    with _lock:
        _state = state


def raise_version() -> None:
    """To be called in the transaction that changes something, as its last step: of two operators the second waits here."""
    Switches.objects.get_or_create(pk=1)
    Switches.objects.filter(pk=1).update(version=F("version") + 1)
    switches.changed()


def lock() -> None:
    """One change of an operator at a time, to the end of the transaction."""
    Switches.objects.get_or_create(pk=1)
    Switches.objects.select_for_update().get(pk=1)


def _read(version: int) -> State:
    with transaction.atomic():
        newest = SettingChange.objects.order_by().values("name").annotate(newest=Max("pk")).values("newest")
        changes = SettingChange.objects.filter(pk__in=newest).exclude(after=None)
        coming = Announcement.objects.filter(Q(ends=None) | Q(ends__gt=timezone.now())).order_by("begins", "pk")
        return State(
            version=version,
            settings=dict(changes.values_list("name", "after")),
            services={
                row.name: Switch(row.on, row.reason, frozenset(row.closed_to)) for row in ServiceSwitch.objects.all()
            },
            notices=tuple(
                Notice(row.pk, row.text, row.begins, row.ends, row.dismissible, row.discord) for row in coming[:20]
            ),
        )
