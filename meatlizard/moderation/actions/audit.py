"""Writes down what was done. Called in the transaction that does it, so that one is not there without the other."""

import contextvars
import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.moderation import chain
from meatlizard.moderation.access import policy
from meatlizard.moderation.models import AuditEntry

_door: contextvars.ContextVar[str] = contextvars.ContextVar("audit_door", default="")


@contextmanager
def through(door: str) -> Iterator[None]:
    """What is recorded within was done by that way, of which no action needs to know: ``discord 80351110224678912``."""
    token = _door.set(door[:60])
    try:
        yield
    finally:
        _door.reset(token)


def record(
    actor: User | None,
    action: str,
    target: str = "",
    *,
    person: int | None = None,
    before: Any = None,
    after: Any = None,
    reason: str = "",
) -> None:
    """``actor`` None: a rule of the site, or somebody without an account, whom the door names. ``before`` and ``after`` are JSON, and name nobody but by number."""
    AuditEntry.objects.create(
        at=timezone.now(), actor=actor.pk if actor else None, action=action, target=target[:120], person=person,
        before=before, after=after, reason=reason, door=_door.get(),
    )  # fmt: skip
    # What cannot be linked now is linked later; what was done is done.
    transaction.on_commit(chain.link, robust=True)


def prune() -> int:
    """Takes away what is older than the operator keeps."""
    days = policy().audit_days
    if not days:
        return 0
    return chain.let_go(timezone.now() - datetime.timedelta(days=days))
