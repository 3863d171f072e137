"""What each process remembers of the switches of the whole site, so that asking costs no query.

A serving process looks every :data:`FRESH_SECONDS` whether they have changed (:mod:`meatlizard.ops.services`); what is changed in this
process holds here at once.
"""

import datetime
import threading
from dataclasses import dataclass
from typing import Literal, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Unavailable
from meatlizard.ops.models import Switches

FRESH_SECONDS = 2.0

Level = Literal["off", "soft", "hard"]


@dataclass(frozen=True, slots=True)
class State:
    """As they stand; without a row everything is open."""

    version: int = -1
    requests: bool = True
    requests_reason: str = ""
    maintenance: Level = "off"
    maintenance_reason: str = ""
    announcement: str = ""
    announced_until: datetime.datetime | None = None

    @property
    def read_only(self) -> bool:
        return self.maintenance == "hard"

    @property
    def closed(self) -> str:
        """Why nobody's questions are taken, whoever asks; empty when they are."""
        if self.requests:
            return ""
        why = gettext("The operators have switched questions off for now.")
        return f"{why} {self.requests_reason}".strip()

    @property
    def maintained(self) -> str:
        """What cannot be done during maintenance; empty when there is none."""
        if self.maintenance == "hard":
            said = gettext("The site is being maintained: everything can be read, and nothing can be changed.")
        elif self.maintenance == "soft":
            said = gettext("The site is being maintained: new questions are not taken. What was asked is answered.")
        else:
            return ""
        return f"{said} {self.maintenance_reason}".strip()

    @property
    def warning(self) -> str:
        """The graver of the two."""
        return self.maintained or self.closed

    @property
    def news(self) -> str:
        """The announcement, until it is over."""
        over = self.announced_until is not None and self.announced_until <= timezone.now()
        return "" if over else self.announcement


_lock = threading.Lock()
_state: State | None = None


def current() -> State:
    """What this process remembers; asks the database only if it never has."""
    return _state or refresh()


def remembered() -> State:
    """For the event loop, which must not ask the database."""
    return _state or State()


def refresh() -> State:
    """Looks whether something has changed, one small query, and reads it if so."""
    global _state
    with _lock:
        version = Switches.objects.filter(pk=1).values_list("version", flat=True).first() or 0
        if _state is None or _state.version != version:
            _state = _read()
        return _state


def forget() -> None:
    global _state
    with _lock:
        _state = None


def changed() -> None:
    """To be called in the transaction that changes them."""
    transaction.on_commit(refresh)


def may_ask(user: User) -> None:
    """Raises Unavailable while questions are not taken. During maintenance operators may still try whether all is well."""
    state = current()
    if not state.requests:
        raise Unavailable(state.closed, code="requests_off")
    if state.maintenance != "off" and not operates(user):
        raise Unavailable(state.maintained, code="maintenance")


def may_change(user: User) -> None:
    """Raises Unavailable while everything can be read and nothing changed: for doors that no middleware stands before."""
    state = current()
    if state.read_only and not operates(user):
        raise Unavailable(state.maintained, code="maintenance")


def operates(user: User) -> bool:
    return user.is_active and user.is_staff and user.has_perm("ops.operate")


def _read() -> State:
    row = Switches.objects.filter(pk=1).first() or Switches()
    return State(
        version=row.version,
        requests=row.requests,
        requests_reason=row.requests_reason,
        maintenance=cast(Level, row.maintenance),
        maintenance_reason=row.maintenance_reason,
        announcement=row.announcement,
        announced_until=row.announced_until,
    )
