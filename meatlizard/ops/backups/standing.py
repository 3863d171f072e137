"""How a site stands with its backups, for whoever is to be warned: the health page, alerts, the command."""

import datetime
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from meatlizard.health.components import Found
from meatlizard.ops.backups import finding, keeping, layout, places
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.trouble import in_words

LATE = 2
"""So many times the hours between two backups, and somebody is warned: one may fail, or take long."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``verified``: when a set was last found good, which may be long after it was made. ``deep``: with its database restored on trial."""

    newest: datetime.datetime | None
    verified: datetime.datetime | None
    deep: bool

    @property
    def late(self) -> bool:
        hours = settings.BACKUP_EVERY_HOURS
        return bool(hours) and _older(self.newest, datetime.timedelta(hours=hours * LATE))

    @property
    def unverified(self) -> bool:
        return self.expected and _older(self.verified, datetime.timedelta(days=settings.BACKUP_VERIFY_DAYS))

    @property
    def expected(self) -> bool:
        """Whether anybody relies on there being one."""
        return bool(settings.BACKUP_EVERY_HOURS) or self.newest is not None

    def words(self) -> str:
        if self.newest is None:
            return _("there is no backup")
        said = [_("the newest backup is %(age)s old") % {"age": timesince(self.newest)}]
        if self.verified is None:
            said.append(_("none was ever verified"))
        elif self.deep:
            said.append(_("one was restored on trial %(age)s ago") % {"age": timesince(self.verified)})
        else:
            said.append(_("the bytes of one were compared %(age)s ago") % {"age": timesince(self.verified)})
        return ", ".join(said)


def standing(place: Place | None = None) -> Standing:
    """Raises BackupFailed when the place cannot be asked."""
    place = place or places.usual()
    with in_words("looking at the backups"):
        ended = finding.ended(place)
        good = keeping.newest_verified(place)
    when = datetime.datetime.fromisoformat(good[1].when) if good else None
    return Standing(layout.when(ended[0]) if ended else None, when, good[1].deep if good else False)


def look() -> Found:
    """For the health page."""
    found = standing()
    if not found.expected:
        return Found("off", found.words())
    return Found("warning" if found.late or found.unverified else "good", found.words())


def _older(moment: datetime.datetime | None, than: datetime.timedelta) -> bool:
    return moment is None or timezone.now() - moment > than
