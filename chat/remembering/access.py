"""The doors to facts: their owners alone."""

import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chat.models import Fact, Memory
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound


def facts_of(viewer: User) -> "QuerySet[Fact]":
    """The newest first."""
    return Fact.objects.filter(owner=viewer.pk, removed=None)


def access_fact(viewer: User, fact: int) -> Fact:
    row = facts_of(viewer).filter(pk=fact).first()
    if row is None:
        raise NotFound(_("This is not remembered any more, or is not yours."))
    return row


def memory_of(viewer: User) -> Memory:
    """As it stands; without a row it is on and empty."""
    return Memory.objects.filter(pk=viewer.pk).first() or Memory(owner=viewer)


def removed_at(viewer: User, moment: str) -> datetime.datetime | None:
    """When those facts of the viewer's went that were deleted at ``moment``, as a page names it; None where there are none."""
    try:
        found = datetime.datetime.fromisoformat(moment)
    except ValueError:
        return None
    there = found.tzinfo is not None and Fact.objects.filter(owner=viewer.pk, removed=found).exists()
    return found if there else None
