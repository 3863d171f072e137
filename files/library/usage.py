"""What takes how much of somebody's room."""

from dataclasses import dataclass

from django.db.models import F, Sum

from files.models import Version
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by


@dataclass(frozen=True, slots=True)
class Meter:
    """Bytes."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.used / self.limit)) if self.limit else 100


def meter(owner: User) -> Meter:
    return Meter(used_by(owner), owner.tier.storage_bytes)


@dataclass(frozen=True, slots=True)
class Parts:
    """Bytes: of files as they are, of their earlier versions, of all in the trash, and of what is not in the library (pastes, what was given to
    the chat, room set aside for uploads)."""

    files: int
    versions: int
    trash: int
    elsewhere: int


def parts(owner: User, used: int) -> Parts:
    """In three queries."""
    mine = Version.objects.filter(file__owner=owner.pk)
    live = mine.filter(file__trashed=None)
    trash = _sum(mine.exclude(file__trashed=None))
    present = _sum(live.filter(number=F("file__number")))
    earlier = _sum(live.exclude(number=F("file__number")))
    return Parts(present, earlier, trash, max(0, used - present - earlier - trash))


def _sum(rows: object) -> int:
    return rows.aggregate(sum=Sum("size"))["sum"] or 0  # type: ignore[attr-defined]
