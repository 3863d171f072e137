"""Announcements: a line on every page for a time, and in Discord where a server wants it."""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.control import state
from meatlizard.control.models import Announcement, Told
from meatlizard.control.state import Notice
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.actions import audit
from meatlizard.ops.access import operate_only
from meatlizard.ops.actions import line

MAX_TEXT = 1_000
MAX_HOURS = 24 * 30
MOST = 20
"""Standing or to come, at once."""


def standing() -> list[Notice]:
    """Those that are shown now, from memory."""
    now = timezone.now()
    return [one for one in state.remembered().notices if one.stands(now)]


def announce(
    by: User, text: str, begins: datetime.datetime | None = None, ends: datetime.datetime | None = None, *,
    dismissible: bool = True, discord: bool = False,
) -> Announcement:  # fmt: skip
    """Shows ``text`` from ``begins`` (None: now) until ``ends`` (None: until it is taken back). Raises Invalid, Forbidden."""
    operate_only(by)
    begins = begins or timezone.now()
    text = checked(text, begins, ends)
    with transaction.atomic():
        state.lock()
        if _coming().count() >= MOST:
            raise Invalid(
                _("There are %(most)s announcements already. Take one back first.") % {"most": MOST}, code="too_many"
            )
        row = Announcement.objects.create(
            text=text, begins=begins, ends=ends, dismissible=dismissible, discord=discord, by=by.pk
        )
        audit.record(by, "announce", f"announcement {row.pk}", after=_told(row), reason=text)
        state.raise_version()
    return row


def announce_for(by: User, text: str, hours: int | None = 24, *, discord: bool = False) -> Announcement:
    """From now on, for so many hours. Raises Invalid, Forbidden."""
    if hours is not None and not 1 <= hours <= MAX_HOURS:
        raise Invalid(
            _("An announcement stands for 1 to %(most)s hours, or until it is taken back.") % {"most": MAX_HOURS},
            code="hours_out_of_range",
        )
    now = timezone.now()
    return announce(by, text, now, None if hours is None else now + datetime.timedelta(hours=hours), discord=discord)


def change(
    by: User, number: int, text: str, begins: datetime.datetime, ends: datetime.datetime | None, *,
    dismissible: bool, discord: bool,
) -> Announcement:  # fmt: skip
    """Raises NotFound, Invalid, Forbidden. Who has put the old text away sees no more of the new one."""
    operate_only(by)
    text = checked(text, begins, ends)
    with transaction.atomic():
        row = Announcement.objects.select_for_update().filter(pk=number).first()
        if row is None:
            raise NotFound(_("There is no such announcement."))
        before = _told(row) | {"text": row.text}
        row.text, row.begins, row.ends, row.dismissible, row.discord = text, begins, ends, dismissible, discord
        row.save()
        audit.record(
            by, "announcement changed", f"announcement {row.pk}", before=before, after=_told(row) | {"text": text}
        )
        state.raise_version()
    return row


def take_back(by: User, number: int) -> None:
    """Ends it now; one that has not begun goes. Raises Invalid when it is over already, Forbidden."""
    operate_only(by)
    now = timezone.now()
    with transaction.atomic():
        gone = Announcement.objects.filter(pk=number, begins__gte=now).delete()[0]
        if not gone and not _coming().filter(pk=number).update(ends=now):
            raise Invalid(_("It is over already: nothing was changed."), code="nothing_to_do")
        audit.record(by, "announcement taken back", f"announcement {number}")
        state.raise_version()


def untold(place: str) -> list[Notice]:
    """What is to be carried to ``place`` (a channel of Discord, by its number) and was not yet."""
    wanted = [one for one in standing() if one.discord]
    known = Told.objects.filter(announcement__in=[one.number for one in wanted], place=place)
    told = set(known.values_list("announcement", flat=True)) if wanted else set()
    return [one for one in wanted if one.number not in told]


def carry(number: int, place: str) -> bool:
    """Whether the caller is the one to carry it there; of two processes one is."""
    try:
        with transaction.atomic():
            Told.objects.create(announcement_id=number, place=place)
    except IntegrityError:
        return False
    return True


def not_carried(number: int, place: str) -> None:
    """It could not be said there; it will be tried again."""
    Told.objects.filter(announcement=number, place=place).delete()


def _coming() -> QuerySet[Announcement]:
    return Announcement.objects.filter(Q(ends=None) | Q(ends__gt=timezone.now()))


def checked(text: str, begins: datetime.datetime, ends: datetime.datetime | None) -> str:
    text = line(text, MAX_TEXT)
    if not text:
        raise Invalid(_("Write what is to be announced."), code="empty")
    if ends is not None and ends <= begins:
        raise Invalid(_("An announcement ends after it begins."), code="ends_before")
    return text


def _told(row: Announcement) -> dict[str, object]:
    return {
        "begins": row.begins.isoformat(), "ends": row.ends.isoformat() if row.ends else None, "discord": row.discord,
    }  # fmt: skip
