"""Verbs of shares: make, change, revoke, delete; take down; unlock."""

import datetime
from collections.abc import Sequence

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from files.models.library import File, Folder
from files.models.shares import Audience, Inbox, Share, ShareEntry
from files.sharing import slugs
from files.sharing import terms as rules
from files.sharing.access import lock
from files.sharing.terms import Terms
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached
from meatlizard.moderation.actions import audit
from meatlizard.security import ratelimit

SERVICE = "share"
MAX_SHARES = 5_000
RATE = "120/h"


def create(
    owner: User, files: Sequence[File], folders: Sequence[Folder] = (), *, terms: Terms = Terms(), slug: str = ""
) -> Share:
    """Of things that are the owner's, as :mod:`files.access` gave them. ``slug``: chosen words; empty: made up. Raises Invalid,
    LimitReached."""
    if not files and not folders:
        raise Invalid(_("Choose something to share."), code="nothing_chosen")
    if len(files) + len(folders) > rules.MAX_ENTRIES:
        raise Invalid(
            _("At most %(most)s things can be shared together. Put them into a folder and share that.")
            % {"most": rules.MAX_ENTRIES},
            code="too_many",
        )
    if {one.owner_id for one in files} | {one.owner_id for one in folders} != {owner.pk}:
        raise Forbidden(_("Only what is yours can be shared."), code="not_yours")
    ratelimit.check(
        "files.share.make", f"user {owner.pk}", RATE, _("You have shared much in this hour. Wait a little.")
    )
    if Share.objects.filter(owner=owner.pk).count() >= MAX_SHARES:
        raise LimitReached(_("You have as many shares as there may be. Delete some first."), code="too_many_shares")
    rules.check(terms, guessable=bool(slug), locked=bool(terms.password))
    named = people(owner, terms)
    now = timezone.now()
    share = Share(slug=slugs.chosen(slug) if slug else slugs.made_up(), owner=owner, created=now, updated=now)
    _apply(share, terms)
    share.downloads_left = terms.max_downloads
    try:
        with transaction.atomic():
            share.save(force_insert=True)
            ShareEntry.objects.bulk_create(
                [*(ShareEntry(share=share, file=one) for one in {file.pk: file for file in files}.values()),
                 *(ShareEntry(share=share, folder=one) for one in {folder.pk: folder for folder in folders}.values())]
            )  # fmt: skip
            share.people.set(named)
    except IntegrityError:
        raise Invalid(_("This address is taken. Choose another one."), code="slug_taken") from None
    return share


def change(share: Share, terms: Terms) -> Share:
    """Changes the terms of a share. Downloads that were made or run count against a new maximum. Raises Invalid, Forbidden."""
    if share.taken_down is not None:
        raise Forbidden(_("A moderator took this share down. It cannot be changed."), code="taken_down")
    if share.revoked is not None:
        raise Forbidden(_("This share is withdrawn. Make a new one."), code="revoked")
    locked = bool(share.password) if terms.password is None else bool(terms.password)
    rules.check(terms, guessable=not slugs.is_random(share.slug), locked=locked)
    named = people(share.owner, terms)
    with transaction.atomic():
        row = Share.objects.select_for_update(of=("self",), no_key=True).get(pk=share.pk)
        _apply(row, terms)
        if terms.max_downloads is None:
            row.downloads_left = None
        else:
            running = sum(row.log.filter(holds=True, state="running").values_list("count", flat=True))
            row.downloads_left = max(0, terms.max_downloads - row.downloads - running)
        row.updated = timezone.now()
        row.save(
            update_fields=[
                "title",
                "audience",
                "password",
                "expires",
                "view_only",
                "max_downloads",
                "downloads_left",
                "notify",
                "updated",
            ]
        )
        row.people.set(named)
    return row


def _apply(share: Share, terms: Terms) -> None:
    share.title = rules.tidy(terms.title)
    share.audience, share.expires, share.view_only = terms.audience, terms.expires, terms.view_only
    share.max_downloads, share.notify = terms.max_downloads, terms.notify
    if terms.password is not None:
        share.password = make_password(terms.password) if terms.password else ""


def people(owner: User, terms: Terms) -> list[User]:
    """Members by their names. Raises Invalid for a name that nobody has."""
    if terms.audience != Audience.PEOPLE:
        return []
    names = {name.replace("\x00", "").strip().lower() for name in terms.people} - {""}
    rows = User.objects.annotate(lower=Lower("username")).filter(lower__in=names, is_active=True)
    found = {one.get_username().lower(): one for one in rows}
    if missing := sorted(names - found.keys()):
        raise Invalid(_("Nobody here is called %(name)s.") % {"name": missing[0][:150]}, code="nobody_called_so")
    return list(found.values())


def revoke(share: Share) -> None:
    """Ends it at once, for good; its log stays for the owner."""
    Share.objects.filter(pk=share.pk, revoked=None).update(revoked=timezone.now(), updated=timezone.now())


def delete(share: Share) -> None:
    """With its log."""
    with transaction.atomic():
        Share.objects.filter(pk=share.pk).delete()


def unlock(share: Share, password: str, address: str) -> str:
    """As :meth:`meatlizard.security.passwords.Lock.unlock`."""
    return lock(share).unlock(password, address)


# --- moderators ---------------------------------------------------------------------------------------------------------


def take_down(by: User, share: Share, why: str) -> None:
    """Nobody but its owner sees it any more, and the owner sees why."""
    _require_moderator(by)
    reason = rules.tidy(why, 500)
    if not reason:
        raise Invalid(_("Give a reason: the person reads it."), code="reason_empty")
    with transaction.atomic():
        _take_down(Share.objects.filter(pk=share.pk), reason)
        audit.record(by, "share down", f"share:{share.pk}", person=share.owner_id, reason=reason)


def restore(by: User, share: Share) -> None:
    _require_moderator(by)
    with transaction.atomic():
        Share.objects.filter(pk=share.pk).update(taken_down=None, taken_down_why="", updated=timezone.now())
        audit.record(by, "share restored", f"share:{share.pk}", person=share.owner_id)


def take_down_inbox(by: User, inbox: Inbox, why: str) -> None:
    """Nobody can send anything there any more."""
    _require_moderator(by)
    with transaction.atomic():
        Inbox.objects.filter(pk=inbox.pk, taken_down=None).update(taken_down=timezone.now())
        audit.record(by, "inbox down", f"inbox:{inbox.pk}", person=inbox.owner_id, reason=rules.tidy(why, 500))


def by_decision(share: int) -> bool:
    """A moderator confirmed a report. In the caller's transaction; False when it is gone."""
    rows = Share.objects.filter(pk=share)
    _take_down(rows, _("A moderator confirmed a report."))
    return rows.exists()


def _take_down(rows: "QuerySet[Share]", why: str) -> None:
    now: datetime.datetime = timezone.now()
    rows.filter(taken_down=None).update(taken_down=now, taken_down_why=why, updated=now)


def _require_moderator(by: User) -> None:
    if not (by.is_active and by.is_staff and by.has_perm("files.take_down_share")):
        raise Forbidden(_("Only moderators may do that."), code="not_a_moderator")
