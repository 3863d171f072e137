"""Downloads of what is shared: reserved, followed while their bytes go out, counted once when they are whole, given back when they
break off.

A share with a maximum gives its downloads away by one conditional update each, so that of any number who ask at once exactly as many
begin as there are left. What began and fell silent is given back after :data:`SILENCE`, and the same ticket may go on until then. Since who
breaks off before the last byte has most of a file, no more than :func:`most_given_back` of a share come back in its life.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from files.models.library import File
from files.models.shares import Download, Share
from files.sharing import spans, telling
from files.sharing.access import stands
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound

State = Download.State

SILENCE: Final = datetime.timedelta(minutes=15)
"""How long a broken-off download stays reserved for who may resume it."""

SAME: Final = datetime.timedelta(hours=1)
"""Requests of one visitor for one file within it are one download, where nothing is counted."""

AFTERWARDS: Final = datetime.timedelta(minutes=5)
"""After the last byte a ticket still answers: download programs ask once more for what they have."""

TIMES: Final = 3
"""A download for which so many times its size went out is complete, whatever is missing of it."""

VISITORS_KEPT: Final = datetime.timedelta(days=1)
LOG_KEPT: Final = datetime.timedelta(days=180)
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Who:
    """``user`` None: not signed in. ``address`` is not kept."""

    user: User | None
    address: str
    agent: str
    bot: bool

    def within(self, share: Share) -> str:
        """Tells visitors of this share apart, and says nothing to who has the database alone."""
        return salted_hmac(
            "files.share.visitor", f"{share.pk}\n{self.address}\n{self.agent}", algorithm="sha256"
        ).hexdigest()[:32]


def most_given_back(share: Share) -> int:
    return max(10, 3 * (share.max_downloads or 0))


# --- counted ones -------------------------------------------------------------------------------------------------------


def reserve(share: Share, who: Who, *, name: str, size: int, file: File | None = None, count: int = 1) -> Download:
    """Begins a download and takes it off what is left. Raises Forbidden when nothing is."""
    now = timezone.now()
    with transaction.atomic():
        if share.counted and not _take(share.pk, count):
            # Those that have fallen silent would be swept within a minute: nobody has to wait for that.
            give_back_silent(share.pk)
            if not _take(share.pk, count):
                raise _none_left()
        return Download.objects.create(
            share=share,
            file=file,
            name=name[:255],
            count=count,
            size=size,
            holds=share.counted,
            begun=now,
            seen=now,
            **_of(share, who),
        )


def go_on(share: Share, key: UUID) -> Download:
    """The download that ``key`` is the ticket of, which may send bytes now. Raises NotFound for another's ticket, Forbidden for one that
    is over."""
    row = Download.objects.filter(key=key, share=share.pk).first()
    if row is None:
        raise NotFound(_("This is no download of what is shared here. Begin it on its page."), code="no_such_download")
    now = timezone.now()
    if row.state == State.COMPLETED:
        if row.seen < now - AFTERWARDS or row.sent > TIMES * row.size:
            raise Forbidden(_("This download is complete. Begin another one on its page."), code="download_over")
        return row
    if row.state == State.ABORTED:
        with transaction.atomic():
            # The download before its share, as everywhere here, and once: of two requests at once the second finds it running.
            back = Download.objects.filter(pk=row.pk, state=State.ABORTED)
            again = back.update(state=State.RUNNING, holds=share.counted, seen=now)
            if again and share.counted and not _take(share.pk, row.count):
                raise _none_left()
    else:
        Download.objects.filter(pk=row.pk, state=State.RUNNING).update(seen=now)
    row.refresh_from_db()
    return row


def _take(share: int, count: int) -> bool:
    rows = Share.objects.standing().filter(pk=share, downloads_left__gte=count)
    return rows.update(downloads_left=F("downloads_left") - count) == 1


def _none_left() -> Forbidden:
    return Forbidden(
        _(
            "All downloads of this are used up or running. If one of them breaks off, there will be another in a quarter of an hour."
        ),
        code="no_downloads_left",
    )


# --- what goes out ------------------------------------------------------------------------------------------------------


def alive(download: int) -> bool:
    """Bytes of it are going out. False when it was ended meanwhile, or its share does not stand any more."""
    mine = Download.objects.filter(pk=download).exclude(state=State.ABORTED)
    key = mine.values_list("share", flat=True).first()
    return key is not None and stands(key) and mine.update(seen=timezone.now()) == 1


def sent(download: int, went: Iterable[tuple[int, int]]) -> Download | None:
    """Notes which bytes went out in one answer, and completes the download when they were the last. None when its share is gone."""
    now = timezone.now()
    with transaction.atomic():
        row = (
            Download.objects.select_for_update(of=("self",), no_key=True)
            .select_related("share")
            .filter(pk=download)
            .first()
        )
        if row is None:
            return None
        for start, stop in went:
            row.spans = spans.added(row.spans, start, stop)
            row.sent += max(0, stop - start)
        row.seen = now
        fields = ["spans", "sent", "seen"]
        whole = spans.is_whole(row.spans, row.size) or row.sent >= TIMES * row.size
        completes = whole and row.state != State.COMPLETED
        if completes:
            fields += _complete(row)
        row.save(update_fields=fields)
        if completes and row.share.notify and not row.bot:
            telling.downloaded(row.share)
    return row


def _complete(row: Download) -> list[str]:
    late = row.state == State.ABORTED
    row.state = State.COMPLETED
    share = Share.objects.filter(pk=row.share_id)
    if late:
        # Given back while its last bytes were on their way: it is taken again, as far as there is something to take.
        share.filter(downloads_left__gte=row.count).update(downloads_left=F("downloads_left") - row.count)
    if row.holds or not row.bot:
        share.update(downloads=F("downloads") + row.count)
    return ["state"]


def note(
    share: Share, who: Who, *, name: str, size: int, went: tuple[int, int], file: File | None = None, count: int = 1
) -> Download | None:
    """What went out where nothing is counted: within the hour it belongs to the same download of the same visitor."""
    if went[0] >= went[1] and size:
        return None
    now = timezone.now()
    same = Download.objects.filter(
        share=share.pk, file=file, name=name[:255], size=size, holds=False, begun__gt=now - SAME
    )
    same = same.filter(user=who.user) if who.user is not None else same.filter(user=None, visitor=who.within(share))
    row = same.first()
    if row is None:
        row = Download.objects.create(
            share=share, file=file, name=name[:255], count=count, size=size, begun=now, seen=now, **_of(share, who)
        )
    return sent(row.pk, [went])


def _of(share: Share, who: Who) -> dict[str, object]:
    return {"user": who.user, "visitor": "" if who.user is not None else who.within(share), "bot": who.bot}


# --- the end ------------------------------------------------------------------------------------------------------------


def give_back_silent(share: int | None = None) -> int:
    """Ends downloads that have fallen silent; returns how many. Each is ended by one conditional update, however many look."""
    rows = Download.objects.filter(state=State.RUNNING, seen__lt=timezone.now() - SILENCE)
    if share is not None:
        rows = rows.filter(share=share)
    ended = 0
    for row in rows.select_related("share").order_by("pk")[:AT_ONCE]:
        with transaction.atomic():
            mine = Download.objects.filter(pk=row.pk, state=State.RUNNING, seen=row.seen)
            if not mine.update(state=State.ABORTED, holds=False):
                continue
            ended += 1
            if row.holds:
                back = Share.objects.filter(
                    pk=row.share_id, downloads_left__isnull=False, given_back__lt=most_given_back(row.share)
                )
                back.update(downloads_left=F("downloads_left") + row.count, given_back=F("given_back") + 1)
    return ended


def forget() -> None:
    """Whose downloads they were, after a day; that there were any, after half a year."""
    now = timezone.now()
    old = Download.objects.exclude(visitor="").filter(seen__lt=now - VISITORS_KEPT)
    Download.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).update(visitor="")
    gone = Download.objects.filter(begun__lt=now - LOG_KEPT).exclude(state=State.RUNNING)
    Download.objects.filter(pk__in=list(gone.values_list("pk", flat=True)[:AT_ONCE])).delete()
