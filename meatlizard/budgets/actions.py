"""Verbs of the ledger: tokens are reserved before work begins, and settled by what was really used when it ends.

One ledger for every door. Each piece of work has a key of its own: it is reserved once, and ends once. The bound is
exact under concurrency, since a person's week is one row that is locked while it changes.
"""

import datetime
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.budgets.models import Grant, Reservation, WeeklyUse
from meatlizard.errors import Invalid, LimitReached
from meatlizard.kept_sql import KeptDelete, KeptInsert, KeptSelect, KeptUpdate, given
from meatlizard.languages import number

MAX_GRANT = 10**12

MOST_EXPIRED = 500
"""Reservations that are settled at once."""

_week_locked = KeptSelect(
    lambda: (
        WeeklyUse.objects.select_for_update()
        .filter(user=given(WeeklyUse, "user"), week=given(WeeklyUse, "week"))
        .order_by()
    )
)
_set_aside = KeptUpdate(
    lambda: WeeklyUse.objects.filter(pk=given(WeeklyUse, "id")),
    lambda: {"reserved": F("reserved") + given(WeeklyUse, "reserved")},
)
_reserve = KeptInsert(Reservation)
_reserved = KeptSelect(
    lambda: Reservation.objects.filter(key=given(Reservation, "key")).order_by().values_list("use", "tokens")
)
_release = KeptDelete(lambda: Reservation.objects.filter(key=given(Reservation, "key")))
_use = KeptUpdate(
    lambda: WeeklyUse.objects.filter(pk=given(WeeklyUse, "id")),
    lambda: {
        "used": F("used") + given(WeeklyUse, "used"),
        "reserved": F("reserved") - given(WeeklyUse, "reserved"),
    },
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's week in tokens. ``limit`` includes what was ``granted``; ``resets`` is when the next week begins."""

    limit: int
    used: int
    reserved: int
    resets: datetime.datetime
    granted: int = 0

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used - self.reserved)


def week_of(moment: datetime.datetime) -> datetime.date:
    """The Monday of its week, in the site's time zone."""
    day = timezone.localdate(moment)
    return day - datetime.timedelta(days=day.weekday())


def next_week(moment: datetime.datetime) -> datetime.datetime:
    """When the week after that of ``moment`` begins."""
    monday = week_of(moment) + datetime.timedelta(days=7)
    return timezone.make_aware(datetime.datetime.combine(monday, datetime.time()))


def standing(user: User) -> Standing | None:
    """None when the site does not count tokens."""
    if not settings.TOKEN_BUDGETS:
        return None
    now = timezone.now()
    row = WeeklyUse.objects.filter(user=user.pk, week=week_of(now)).first() or WeeklyUse()
    return Standing(user.tier.weekly_tokens + row.granted, row.used, row.reserved, next_week(now), row.granted)


def reserve(user: User, key: UUID, least: int, wanted: int, expires: datetime.datetime | None = None) -> int | None:
    """Sets tokens aside for the work ``key``, within the caller's transaction: ``wanted`` of them, or what is left if that is
    ``least`` or more. Returns how many; None when the site does not count. They are free again when the work ``expires``.

    Raises LimitReached ``budget_exceeded`` when less is left, and then nothing has changed.
    """
    if not settings.TOKEN_BUDGETS:
        return None
    now = timezone.now()
    # Callers have a transaction of their own: a savepoint within it would be the dearest part of this.
    with transaction.atomic(savepoint=False):
        row = _this_week(user, now)
        left = user.tier.weekly_tokens + row.granted - row.used - row.reserved
        tokens = min(wanted, left)
        enough = left >= least and left > 0
        if enough:
            _reserve.run(Reservation(key=key, use=row, tokens=tokens, created=now, expires=expires))
            _set_aside.run(id=row.pk, reserved=tokens)
    if not enough:
        raise _exceeded(user, row, now)
    return tokens


def settle(key: UUID, used: int) -> bool:
    """The work ``key`` is over and has used so many tokens, none if it failed: what was set aside beyond them is free again.
    False when nothing was set aside for it, or it was settled before.
    """
    with transaction.atomic(savepoint=False):
        found = _reserved.first(key=key)
        # The deletion is the claim: of two ends of the same work one counts.
        if found is None or _release.run(key=key) != 1:
            return False
        use, tokens = found
        _use.run(id=use, used=used, reserved=tokens)
    return True


def leave(key: UUID, owed: int, expires: datetime.datetime) -> bool:
    """The work ``key`` is to be settled by whoever hears how it ended; if nobody has by ``expires``, it costs what is ``owed``. False
    when nothing is set aside for it.
    """
    return Reservation.objects.filter(key=key).update(owed=owed, expires=expires) == 1


def expire(now: datetime.datetime | None = None) -> int:
    """Settles what nobody has settled in time. Returns how many."""
    rows = Reservation.objects.filter(expires__lt=now or timezone.now()).order_by("expires")
    return sum(settle(key, owed) for key, owed in rows.values_list("key", "owed")[:MOST_EXPIRED])


def grant(user: User, tokens: int, given_by: User | None, note: str = "") -> Grant:
    """Gives a person more for this week."""
    if not 0 < tokens <= MAX_GRANT:
        raise Invalid(
            gettext("A grant is of 1 to {most} tokens.").format(most=number(MAX_GRANT)), code="grant_out_of_range"
        )
    with transaction.atomic():
        row = _this_week(user, timezone.now())
        WeeklyUse.objects.filter(pk=row.pk).update(granted=F("granted") + tokens)
        return Grant.objects.create(user=user, tokens=tokens, given_by=given_by, note=note[:200])


def correct(user: int, tokens: int) -> None:
    """Counts so many tokens more, or less, as used this week, within the caller's transaction: for a person who comes under another
    account than before."""
    if not tokens:
        return
    week = week_of(timezone.now())
    WeeklyUse.objects.bulk_create([WeeklyUse(user_id=user, week=week)], ignore_conflicts=True)
    row = WeeklyUse.objects.select_for_update(of=("self",)).get(user=user, week=week)
    row.used = max(0, row.used + tokens)
    row.save(update_fields=["used"])


def merge(old: int, new: int) -> None:
    """What one account has used and set aside counts for the other, within the caller's transaction. Reservations are locked before
    weeks, as by who settles."""
    list(Reservation.objects.select_for_update(of=("self",)).filter(use__user=old).order_by("pk").values_list("pk"))
    for row in WeeklyUse.objects.select_for_update(of=("self",)).filter(user=old).order_by("week"):
        WeeklyUse.objects.bulk_create([WeeklyUse(user_id=new, week=row.week)], ignore_conflicts=True)
        same = WeeklyUse.objects.filter(user=new, week=row.week)
        # A grant was given to the person, and stays given.
        same.update(
            used=F("used") + row.used, reserved=F("reserved") + row.reserved, granted=F("granted") + row.granted
        )
        Reservation.objects.filter(use=row.pk).update(use=same.get())
        row.delete()


def _this_week(user: User, now: datetime.datetime) -> WeeklyUse:
    """Locked for the transaction."""
    week = week_of(now)
    row = _week_locked.first(user=user.pk, week=week)
    if row is None:
        # Two first questions of a week may meet here: one row is made, and both find it.
        WeeklyUse.objects.bulk_create([WeeklyUse(user_id=user.pk, week=week)], ignore_conflicts=True)
        (row,) = _week_locked.rows(user=user.pk, week=week)
    return row


def _exceeded(user: User, row: WeeklyUse, now: datetime.datetime) -> LimitReached:
    resets = next_week(now)
    moment = f"{date_format(timezone.localtime(resets), 'l, d F, H:i')} {timezone.localtime(resets):%Z}"
    said = gettext("Your {limit} tokens for this week do not suffice for this: {used} are used.")
    if row.reserved:
        said = gettext(
            "Your {limit} tokens for this week do not suffice for this: {used} are used, and {reserved} are set aside for answers under "
            "way."
        )
    hint = gettext(
        "The next week begins on {moment}. Until then a shorter question in a new conversation may still fit, or an operator can give "
        "you more. Nothing was sent."
    )
    limit = number(user.tier.weekly_tokens + row.granted)
    words = said.format(limit=limit, used=number(row.used), reserved=number(row.reserved))
    return LimitReached(
        f"{words} {hint.format(moment=moment)}", code="budget_exceeded", retry_after=(resets - now).total_seconds()
    )
