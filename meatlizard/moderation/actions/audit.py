"""Writes down what was done. Called in the transaction that does it, so that one is not there without the other."""

import datetime
from typing import Any

from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.moderation.access import policy
from meatlizard.moderation.models import AuditEntry


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
    """``actor`` None: a rule of the site. ``before`` and ``after`` are JSON, and name nobody but by number."""
    AuditEntry.objects.create(
        at=timezone.now(), actor=actor.pk if actor else None, action=action, target=target[:120], person=person,
        before=before, after=after, reason=reason,
    )  # fmt: skip


def prune() -> int:
    """Takes away what is older than the operator keeps."""
    days = policy().audit_days
    if not days:
        return 0
    return AuditEntry.objects.all().prune(timezone.now() - datetime.timedelta(days=days))
