"""Verbs of fetching: begin, cancel, and what whoever brings something notes of it. An address is fetched by :mod:`files.doors.bringing`."""

import datetime
import uuid
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from files.models import Fetch, File, Folder
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound
from meatlizard.jobs.wakeup import Bell
from meatlizard.security import ratelimit
from meatlizard.security.fetch import MAX_URL

MOST: Final = 20
"""Of one person, waiting or under way."""

AT_ONCE_EACH: Final = 2
RATE: Final = "60/h"
KEPT: Final = datetime.timedelta(days=1)
"""What has ended is shown so long."""

LOST: Final = datetime.timedelta(minutes=10)
"""Without a beat; whoever brought it was killed. To put gigabytes into a bucket takes minutes, too."""

MAX_TRIES: Final = 3
waiting: Final = Bell()
"""Rung when there is something to fetch."""

OPEN: Final = (Fetch.State.WAITING, Fetch.State.RUNNING)


def begin(owner: User, folder: Folder | None, url: str) -> Fetch:
    """Raises Invalid, LimitReached, and Forbidden where the operator has switched this off."""
    if not settings.FETCH_LINKS:
        raise Forbidden(_("Fetching from other sites is switched off here."), code="fetch_off")
    url = url.strip()
    if not url.lower().startswith(("http://", "https://")) or len(url) > MAX_URL or "\x00" in url:
        raise Invalid(_("Only addresses that begin with http:// or https:// can be fetched."), code="not_fetched")
    ratelimit.check("files.fetch", f"user {owner.pk}", RATE)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).values_list("pk").first()
        mine = Fetch.objects.filter(owner=owner.pk)
        mine.exclude(state__in=OPEN).filter(created__lt=timezone.now() - KEPT).delete()
        if mine.filter(state__in=OPEN).count() >= MOST:
            raise LimitReached(
                _("You have %s files on their way already. Wait for some of them.") % MOST, code="too_many_fetches"
            )
        row = Fetch.objects.create(owner=owner, folder=folder, url=url, language=translation.get_language() or "")
        transaction.on_commit(waiting.notify)
    return row


def fetches_of(viewer: User) -> "QuerySet[Fetch]":
    return Fetch.objects.filter(owner=viewer.pk)


def access_fetch(viewer: User, fetch: uuid.UUID) -> Fetch:
    row = fetches_of(viewer).filter(pk=fetch).first()
    if row is None:
        raise NotFound(_("This does not exist, or is not yours."), code="no_such_fetch")
    return row


def latest(viewer: User) -> list[Fetch]:
    rows = fetches_of(viewer).filter(Q(state__in=OPEN) | Q(created__gte=timezone.now() - KEPT))
    return list(rows.select_related("file")[: 2 * MOST])


def described(fetch: Fetch) -> dict[str, Any]:
    """For pages. ``file``: the id of what it has become, while that is there."""
    return {
        "id": str(fetch.pk), "url": fetch.url, "name": fetch.name, "state": fetch.state, "got": fetch.got, "size": fetch.size,
        "words": fetch.words, "file": str(fetch.file_id) if fetch.file_id else None,
    }  # fmt: skip


def cancel(fetch: Fetch) -> bool:
    """Whoever brings it notices with the next bytes. False when it was over."""
    return bool(Fetch.objects.filter(pk=fetch.pk, state__in=OPEN).update(state=Fetch.State.CANCELLED))


def claim() -> Fetch | None:
    """The next one, now this caller's; the oldest of a person who has few under way. Those whose bringer was killed come again."""
    if not Fetch.objects.filter(state__in=OPEN).exists():
        return None
    now = timezone.now()
    lost = Q(state=Fetch.State.RUNNING, beat__lt=now - LOST)
    Fetch.objects.filter(lost, tries__gte=MAX_TRIES).update(
        state=Fetch.State.FAILED, words=_("It did not come to an end, several times.")
    )
    rows = Fetch.objects.filter(Q(state=Fetch.State.WAITING) | lost).order_by("created")
    busy: dict[int, int] = {}
    running = Fetch.objects.filter(state=Fetch.State.RUNNING, beat__gte=now - LOST).order_by()
    for owner in running.values_list("owner", flat=True):
        busy[owner] = busy.get(owner, 0) + 1
    for row in rows.exclude(owner__in=[owner for owner, count in busy.items() if count >= AT_ONCE_EACH])[:AT_ONCE_EACH]:
        mine = rows.order_by().filter(pk=row.pk, tries=row.tries)
        if mine.update(state=Fetch.State.RUNNING, beat=now, tries=F("tries") + 1, got=0, size=None):
            return Fetch.objects.select_related("owner__tier", "folder").get(pk=row.pk)
    return None


def opened(fetch: Fetch, name: str, size: int | None) -> bool:
    return _noted(fetch, name=name, size=size)


def came(fetch: Fetch, got: int) -> bool:
    """False when it is this bringer's no more: cancelled, or taken for lost."""
    return _noted(fetch, got=got)


def ended(fetch: Fetch, file: File) -> bool:
    """Within the transaction that stores ``file``."""
    return _noted(fetch, state=Fetch.State.DONE, file=file, name=file.name, got=file.size, size=file.size)


def failed(fetch: Fetch, words: str) -> bool:
    return _noted(fetch, state=Fetch.State.FAILED, words=words[:500])


def put_back(fetch: uuid.UUID, tries: int) -> None:
    """For another process: this one ends."""
    Fetch.objects.filter(pk=fetch, state=Fetch.State.RUNNING, tries=tries).update(
        state=Fetch.State.WAITING, tries=F("tries") - 1
    )


def _noted(fetch: Fetch, **what: object) -> bool:
    """``tries`` tells the bringers of one fetch apart."""
    mine = Fetch.objects.filter(pk=fetch.pk, state=Fetch.State.RUNNING, tries=fetch.tries)
    return bool(mine.update(beat=timezone.now(), **what))
