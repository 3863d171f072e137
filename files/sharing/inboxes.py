"""Verbs of inboxes: addresses at which others, also visitors, put files into somebody's folder, within limits.

The uploads themselves are the owner's, of :mod:`files.tus`, and take of the owner's storage; :mod:`files.sharing.uploads` tells them what an
inbox allows.
"""

import datetime
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Count, Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from files.models.library import File, Folder
from files.models.shares import Inbox, Sent
from files.models.uploads import Upload
from files.sharing import slugs, telling
from files.sharing import terms as rules
from files.sharing.access import inbox_lock
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, TooLarge
from meatlizard.security import ratelimit

MAX_INBOXES: Final = 500
MAX_TYPES: Final = 50
RATE: Final = "60/h"


@dataclass(frozen=True, slots=True)
class InboxTerms:
    """Sizes in bytes. ``password`` None: as it was; empty: none."""

    title: str = ""
    note: str = ""
    max_files: int = 100
    max_bytes: int = 1_073_741_824
    max_file_bytes: int = 104_857_600
    types: str = ""
    members_only: bool = False
    password: str | None = None
    expires: datetime.datetime | None = None
    notify: bool = False


def create(owner: User, folder: Folder | None, terms: InboxTerms) -> Inbox:
    """``folder`` None: the outermost one. Raises Invalid, LimitReached."""
    if folder is not None and folder.owner_id != owner.pk:
        raise Forbidden(_("This folder is somebody else's."), code="not_yours")
    ratelimit.check(
        "files.inbox.make", f"user {owner.pk}", RATE, _("You have made many of these in this hour. Wait a little.")
    )
    if Inbox.objects.filter(owner=owner.pk).count() >= MAX_INBOXES:
        raise LimitReached(_("You have as many as there may be. Delete some first."), code="too_many_inboxes")
    _check(terms)
    inbox = Inbox(slug=slugs.made_up(), owner=owner, folder=folder, created=timezone.now())
    _apply(inbox, terms)
    inbox.save(force_insert=True)
    return inbox


def change(inbox: Inbox, terms: InboxTerms) -> Inbox:
    """What has come stays counted. Raises Invalid."""
    _check(terms)
    _apply(inbox, terms)
    inbox.save(
        update_fields=[
            "title", "note", "max_files", "max_bytes", "max_file_bytes", "types", "members_only", "password", "expires", "notify"
        ]
    )  # fmt: skip
    return inbox


def _check(terms: InboxTerms) -> None:
    rules.check_password(terms.password)
    rules.check_expiry(terms.expires)
    if min(terms.max_files, terms.max_bytes, terms.max_file_bytes) < 1:
        raise Invalid(_("Each limit is at least 1."), code="limit_bad")
    if len(kinds(terms.types)) > MAX_TYPES:
        raise Invalid(_("At most %(most)s kinds of files can be named.") % {"most": MAX_TYPES}, code="too_many_kinds")


def _apply(inbox: Inbox, terms: InboxTerms) -> None:
    inbox.title, inbox.note = rules.tidy(terms.title), terms.note.replace("\x00", "").strip()[:1_000]
    inbox.max_files, inbox.max_bytes, inbox.max_file_bytes = terms.max_files, terms.max_bytes, terms.max_file_bytes
    inbox.types, inbox.members_only = " ".join(kinds(terms.types))[:500], terms.members_only
    inbox.expires, inbox.notify = terms.expires, terms.notify
    if terms.password is not None:
        inbox.password = make_password(terms.password) if terms.password else ""


def kinds(text: str) -> list[str]:
    return text.replace("\x00", "").replace(",", " ").lower().split()


def close(inbox: Inbox) -> None:
    """For good; what came stays with the owner."""
    Inbox.objects.filter(pk=inbox.pk, closed=None).update(closed=timezone.now())


def delete(inbox: Inbox) -> None:
    """With the list of what came by it; the files stay."""
    with transaction.atomic():
        Inbox.objects.filter(pk=inbox.pk).delete()


def unlock(inbox: Inbox, password: str, address: str) -> str:
    return inbox_lock(inbox).unlock(password, address)


def sender_of(inbox: Inbox, user: User | None, secret: str) -> str:
    """Who sends, as it is kept: a member by the account, a visitor by a secret of the browser's."""
    if user is not None:
        return f"user {user.pk}"
    return salted_hmac("files.inbox.sender", f"{inbox.pk} {secret}", algorithm="sha256").hexdigest()[:32]


# --- what comes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Used:
    files: int
    bytes: int


def used(inbox: Inbox) -> Used:
    """By what has come; what is on its way is not among it."""
    said = inbox.sent.aggregate(files=Count("pk"), bytes=Sum("size"))
    return Used(said["files"], said["bytes"] or 0)


def admit(inbox: Inbox, size: int | None, *, another: bool = True) -> None:
    """Whether a file of ``size`` bytes (None: not known yet) may come, within the transaction that begins its upload. The inbox's row is
    locked until that has ended, so that each sees what those before it have begun. ``another``: it is not among what is under way yet.

    Raises TooLarge, LimitReached, and Forbidden where nothing may come any more.
    """
    with transaction.atomic():
        row = _locked(inbox)
        there = used(row)
        coming = Upload.objects.unfinished().filter(grant__startswith=f"{mark(row)} ")
        under_way = coming.aggregate(files=Count("pk"), bytes=Sum("length"))
    if size is not None and size > row.max_file_bytes:
        raise TooLarge(
            _("A file may have %(most)s here.") % {"most": filesizeformat(row.max_file_bytes)}, code="file_too_large"
        )
    files = there.files + under_way["files"] + (1 if another else 0)
    if files > row.max_files or there.bytes + (under_way["bytes"] or 0) + (size or 0) > row.max_bytes:
        raise _full()


def _locked(inbox: Inbox) -> Inbox:
    row = Inbox.objects.standing().select_for_update(of=("self",), no_key=True).filter(pk=inbox.pk).first()
    if row is None:
        raise Forbidden(_("Nothing can be sent here any more."), code="inbox_closed")
    return row


def _full() -> LimitReached:
    return LimitReached(_("There is no room left here for this file."), code="inbox_full")


def mark(inbox: Inbox) -> str:
    """How uploads that belong to it begin what they keep of their grant."""
    return f"inbox {inbox.pk}"


def check_kind(inbox: Inbox, name: str, media_type: str) -> None:
    """``media_type`` empty: nothing is known of it yet. Raises Invalid for a kind that was not asked for."""
    wanted = kinds(inbox.types)
    if not wanted:
        return
    by_name = any(name.lower().endswith(one) for one in wanted if one.startswith("."))
    by_type = any(media_type.lower().startswith(one) or not media_type for one in wanted if not one.startswith("."))
    if not by_name and not by_type:
        raise Invalid(
            _("Only these kinds of files are taken here: %(kinds)s") % {"kinds": inbox.types}, code="kind_refused"
        )


def arrived(inbox: Inbox, file: File, sender: str, user: User | None) -> Sent:
    """Within the transaction that stores the file. What came in one piece was under way nowhere: so what counts is looked at once more.
    Raises as :func:`admit`."""
    row = _locked(inbox)
    there = used(row)
    if there.files >= row.max_files or there.bytes + file.size > row.max_bytes or file.size > row.max_file_bytes:
        raise _full()
    telling.came_in(row)
    return Sent.objects.create(
        inbox=inbox, file=file, name=file.name, size=file.size, user=user, sender=sender, created=timezone.now()
    )
