"""The queues of the site, which apps register, and what operators do about what stands in them. Each deed is in the audit."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from django.db import transaction
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Stage = Literal["waiting", "running", "ended"]
STAGES: Final[tuple[Stage, ...]] = ("waiting", "running", "ended")
MOST: Final = 200
"""Shown, and chosen, at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of work, without anything of what people wrote. ``where``: who does it; ``since``: when it was asked for."""

    key: str
    what: str
    whose: str
    state: str
    since: datetime.datetime
    attempts: int
    where: str = ""
    trace: str = ""
    trouble: str = ""


class Queue(Protocol):
    """Each verb is about one piece of work and conditional on what it is then: False when there was nothing to do any more."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> "StrOrPromise": ...

    def count(self, stage: Stage) -> int: ...

    def entries(self, stage: Stage, most: int) -> list[Entry]:
        """Those waiting in the order of their turn, the others newest first."""

    def cancel(self, key: str) -> bool:
        """It is not done, or not to its end."""

    def requeue(self, key: str) -> bool:
        """It waits again: taken from whoever does it, or tried again after it failed."""

    def waiting_keys(self) -> Iterable[str]: ...

    def clear_ended(self) -> int:
        """What is over goes from the list, where nobody needs it any more; how many."""


_queues: dict[str, Queue] = {}


def register(queue: Queue) -> None:
    """To be called in ``ready``."""
    _queues[queue.name] = queue


def all_queues() -> list[Queue]:
    return list(_queues.values())


def access_queue(viewer: User, name: str) -> Queue:
    """Raises Forbidden, NotFound."""
    operate_only(viewer)
    queue = _queues.get(name)
    if queue is None:
        raise NotFound(_("There is no such queue."))
    return queue


def cancel(by: User, name: str, keys: Iterable[str]) -> int:
    """How many of them could be cancelled."""
    queue = access_queue(by, name)
    return _each(by, "queue cancel", queue, queue.cancel, keys)


def requeue(by: User, name: str, keys: Iterable[str]) -> int:
    """How many of them wait again."""
    queue = access_queue(by, name)
    return _each(by, "queue requeue", queue, queue.requeue, keys)


def purge(by: User, name: str) -> int:
    """Cancels all that waits; how many."""
    queue = access_queue(by, name)
    count = 0
    for key in list(queue.waiting_keys()):
        with transaction.atomic():
            count += queue.cancel(key)
    audit.record(by, "queue purge", name, after={"cancelled": count})
    return count


def clear(by: User, name: str) -> int:
    """Takes what is over from the list; how many."""
    queue = access_queue(by, name)
    with transaction.atomic():
        count = queue.clear_ended()
        audit.record(by, "queue clear", name, after={"removed": count})
    return count


def _each(by: User, action: str, queue: Queue, verb: Callable[[str], bool], keys: Iterable[str]) -> int:
    chosen = list(dict.fromkeys(keys))
    if not chosen:
        raise Invalid(_("Choose something first."), code="empty")
    if len(chosen) > MOST:
        raise Invalid(_("At most %(most)s can be chosen at once.") % {"most": MOST}, code="too_many")
    count = 0
    for key in chosen:
        # One transaction each: what is done about one does not hang on what became of another.
        with transaction.atomic():
            if verb(key):
                audit.record(by, action, f"{queue.name} {key}")
                count += 1
    return count
