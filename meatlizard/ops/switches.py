"""What each process remembers of the switches of the whole site, so that asking costs no query.

A serving process looks every :data:`FRESH_SECONDS` whether they have changed (:mod:`meatlizard.ops.services`); what is changed in this
process holds here at once.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, cast

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Unavailable
from meatlizard.ops.models import Switches

FRESH_SECONDS = 1.0
"""What is promised is two seconds, in which the look itself and what follows it must fit."""

Level = Literal["off", "soft", "read", "hard"]
LEVELS: Final[tuple[Level, ...]] = ("off", "soft", "read", "hard")
"""Each keeps people from more than the one before."""


@dataclass(frozen=True, slots=True)
class State:
    """As they stand; without a row everything is open."""

    version: int = -1
    requests: bool = True
    requests_reason: str = ""
    maintenance: Level = "off"
    maintenance_reason: str = ""
    trying: frozenset[int] = frozenset()
    """During soft maintenance the operators, whose questions do not wait: how else would they know that all is well again."""

    @property
    def holds(self) -> bool:
        """Whether what waits goes on waiting."""
        return self.maintenance != "off"

    @property
    def read_only(self) -> bool:
        return self.maintenance in ("read", "hard")

    @property
    def shut(self) -> bool:
        """Whether nobody but operators gets in."""
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
            said = gettext("The site is closed for maintenance. Please come back later.")
        elif self.maintenance == "read":
            said = gettext("The site is being maintained: everything can be read, and nothing can be changed.")
        elif self.maintenance == "soft":
            said = gettext("The site is being maintained: questions are taken, and answered when it is over.")
        else:
            return ""
        return f"{said} {self.maintenance_reason}".strip()

    @property
    def warning(self) -> str:
        """The graver of the two."""
        return self.maintained or self.closed


_lock = threading.Lock()
_state: State | None = None
_followers: list[Callable[[int], object]] = []


def follow(follower: Callable[[int], object]) -> None:
    """Has ``follower`` called with the version whenever it has risen, with the database at hand. It asks nothing of this module. For what shares the
    version (see :mod:`meatlizard.control`)."""
    if follower not in _followers:
        _followers.append(follower)


def current() -> State:
    """What this process remembers; asks the database only if it never has."""
    return _state or refresh()


def remembered() -> State:
    """For the event loop, which must not ask the database."""
    return _state or State(
        maintenance=cast(Level, settings.MAINTENANCE), maintenance_reason=settings.MAINTENANCE_REASON
    )


def refresh() -> State:
    """Looks whether something has changed, one small query, and reads it if so."""
    global _state
    with _lock:
        version = Switches.objects.filter(pk=1).values_list("version", flat=True).first() or 0
        if _state is None or _state.version != version:
            state = _read()
            for follower in _followers:
                follower(state.version)
            # Last: whoever could not follow is called again at the next look.
            _state = state
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
    if state.read_only and not operates(user):
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
    level, reason = cast(Level, row.maintenance), row.maintenance_reason
    given = cast(Level, settings.MAINTENANCE)
    if LEVELS.index(given) > LEVELS.index(level):
        level, reason = given, settings.MAINTENANCE_REASON
    return State(
        version=row.version,
        requests=row.requests,
        requests_reason=row.requests_reason,
        maintenance=level,
        maintenance_reason=reason,
        trying=_operators() if level == "soft" else frozenset(),
    )


def _operators() -> frozenset[int]:
    able = User.objects.with_perm("ops.operate", backend=settings.AUTHENTICATION_BACKENDS[0])
    return frozenset(able.filter(is_active=True, is_staff=True).values_list("pk", flat=True))
