"""Who gets what by the address of a share: the one place that decides it, for pages, content, previews and zips alike.

Everything is looked up anew for each request, so what was revoked, moved out or put into the trash ends with the next one in every
process. A stranger gets the same "not found" for what is not for them as for what does not exist.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from files.models.library import File, Folder
from files.models.shares import Audience, Download, Inbox, Sent, Share
from files.previews.others import given
from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound
from meatlizard.security import ratelimit
from meatlizard.security.passwords import Lock

Viewer: TypeAlias = User | AnonymousUser
Stands: TypeAlias = Literal["sign-in", "password", "open"]

NO_SUCH_SHARE = _("There is nothing at this address. It may be past its time, be withdrawn, or be for others.")
NO_SUCH_FILE = _("This file is not part of what is shared here any more.")

MISSES = "60/m"
"""Addresses without a share that are tried from one address: chosen words are guessed no faster."""

MOST_CHOSEN = 1_000
"""Things of one page that are chosen for a zip."""

MAX_DEPTH = 100
"""Folders above a file that are looked at."""


@dataclass(frozen=True, slots=True)
class Visit:
    """``stands``: before signing in, before the password, or at what is shared. ``mine``: its owner, who is asked for nothing."""

    share: Share
    stands: Stands
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder of a share shows now. ``folder`` None: the selection itself; ``way``: folders from the outermost shared one on."""

    folder: Folder | None
    way: list[Folder]
    folders: list[Folder]
    files: "QuerySet[File]"


# --- shares -------------------------------------------------------------------------------------------------------------


def shares_of(owner: User) -> "QuerySet[Share]":
    return Share.objects.filter(owner=owner.pk)


def access_share(owner: User, share: int) -> Share:
    """One of one's own, in whatever state."""
    row = shares_of(owner).filter(pk=share).first()
    if row is None:
        raise NotFound(str(NO_SUCH_SHARE), code="no_such_share")
    return row


def lock(share: Share) -> Lock:
    return Lock("files.share", share.pk, share.password)


def visit(viewer: Viewer, slug: str, proof: str = "") -> Visit:
    """``proof``: what :meth:`Lock.unlock` gave this visitor. Raises NotFound."""
    row = Share.objects.select_related("owner").filter(slug=_clean(slug)).first()
    if row is None:
        raise NotFound(str(NO_SUCH_SHARE), code="no_such_share")
    if row.owner_id == viewer.pk:
        return Visit(row, "open", mine=True)
    if not stands(row.pk):
        raise NotFound(str(NO_SUCH_SHARE), code="no_such_share")
    if row.audience != Audience.LINK and not viewer.is_authenticated:
        return Visit(row, "sign-in")
    if row.audience == Audience.PEOPLE and not row.people.filter(pk=viewer.pk or 0).exists():
        raise NotFound(str(NO_SUCH_SHARE), code="no_such_share")
    return Visit(row, "open" if lock(row).is_open(proof) else "password")


def opened(viewer: Viewer, slug: str, proof: str = "") -> Visit:
    """What is open to the visitor. Raises NotFound for a stranger, Forbidden before signing in or the password."""
    found = visit(viewer, slug, proof)
    if found.stands == "sign-in":
        raise Forbidden(gettext("This is for members: sign in first."), code="sign_in_needed")
    if found.stands == "password":
        raise Forbidden(gettext("This has a password. Open its page and enter it."), code="password_needed")
    return found


def stands(share: int) -> bool:
    """Whether others may still have it: asked again while a long download runs."""
    return Share.objects.standing().filter(at_large("owner__"), pk=share).exists()


def note_miss(address: str) -> None:
    """Somebody tried an address where nothing is. Raises LimitReached."""
    ratelimit.check("files.share.miss", address, MISSES, gettext("Too many addresses were tried. Wait a little."))


def may_save(share: Share) -> None:
    """Raises Forbidden where it may be looked at and not be kept."""
    if share.view_only:
        raise Forbidden(gettext("This may be looked at here, and not be downloaded."), code="view_only")


def _clean(text: str) -> str:
    # PostgreSQL refuses to be asked for one with a NUL.
    return text.replace("\x00", "")[:64]


# --- what is in them ----------------------------------------------------------------------------------------------------


def roots(share: Share) -> tuple[set[UUID], set[UUID]]:
    """Keys of the files and folders that were chosen."""
    rows = list(share.entries.values_list("file", "folder"))
    return {file for file, _folder in rows if file}, {folder for _file, folder in rows if folder}


def shared_file(share: Share, file: UUID) -> File:
    """A file of the share as it is now, and as others get it: see :mod:`files.previews.others`. Raises NotFound, and as
    :func:`files.previews.others.given`."""
    return given(shared_original(share, file))


def shared_original(share: Share, file: UUID) -> File:
    """The same as its owner has it: for its name, and what the site has made of it."""
    row = File.objects.select_related("blob").filter(pk=file, owner=share.owner_id, trashed=None).first()
    if row is not None:
        files, folders = roots(share)
        way = _way_up(row.folder_id, share.owner_id)
        if way is not None and (row.pk in files or not folders.isdisjoint(one.pk for one in way)):
            return row
    raise NotFound(str(NO_SUCH_FILE), code="no_such_file")


def listing(share: Share, folder: UUID | None = None) -> Listing:
    """Raises NotFound for a folder that is not below what was shared."""
    files, folders = roots(share)
    if folder is None:
        return _selection(share, files, folders)
    way = _way_up(folder, share.owner_id)
    inside = [] if way is None else way[: 1 + max((n for n, one in enumerate(way) if one.pk in folders), default=-1)]
    if not inside:
        raise NotFound(gettext("This folder is not part of what is shared here any more."), code="no_such_folder")
    below = Folder.objects.filter(parent=folder, owner=share.owner_id, trashed=None).order_by("name")
    within = File.objects.filter(folder=folder, owner=share.owner_id, trashed=None).select_related("blob")
    return Listing(inside[0], inside[::-1], list(below), within.order_by("name"))


def _selection(share: Share, files: set[UUID], folders: set[UUID]) -> Listing:
    mine = {"owner": share.owner_id, "trashed": None}
    chosen = File.objects.filter(pk__in=files, **mine)
    around = list(Folder.objects.filter(pk__in=folders, **mine).order_by("name"))
    places = dict(chosen.values_list("pk", "folder"))
    standing = _standing({*places.values(), *(row.pk for row in around)}, share.owner_id)
    shown = chosen.filter(pk__in=[key for key, place in places.items() if place in standing])
    return Listing(
        None, [], [row for row in around if row.pk in standing], shown.select_related("blob").order_by("name")
    )


def _standing(folders: set[UUID | None], owner: int) -> set[UUID | None]:
    """Those of which :func:`_way_up` says a way; as many queries as they are deep, however many they are."""
    above: dict[UUID, UUID | None] = {}
    looked: set[UUID] = set()
    for _depth in range(MAX_DEPTH):
        level = {key for key in (*folders, *above.values()) if key is not None and key not in looked}
        if not level:
            break
        looked |= level
        rows = Folder.objects.filter(pk__in=level, owner=owner, trashed=None)
        above |= dict(rows.values_list("pk", "parent"))
    return {folder for folder in folders if _reaches_the_top(folder, above)}


def _reaches_the_top(folder: UUID | None, above: dict[UUID, UUID | None]) -> bool:
    for _depth in range(MAX_DEPTH):
        if folder is None:
            return True
        if folder not in above:
            return False
        folder = above[folder]
    return folder is None


def _way_up(folder: UUID | None, owner: int) -> list[Folder] | None:
    """A folder and those above it, innermost first; None where one of them lies in the trash or is not the owner's."""
    way: list[Folder] = []
    while folder is not None:
        row = Folder.objects.filter(pk=folder, owner=owner, trashed=None).first()
        if row is None or len(way) >= MAX_DEPTH:
            return None
        way.append(row)
        folder = row.parent_id
    return way


def everything(
    share: Share, most: int, chosen: Iterable[UUID] | None = None, folder: UUID | None = None
) -> list[tuple[str, File]]:
    """Files with their paths, for a zip: all of the share, of one folder of it, or of those ``chosen`` that lie right there. One more than
    ``most`` at most."""
    here = listing(share, folder)
    wanted = None if chosen is None else set(chosen)
    right_here = here.files if wanted is None else here.files.filter(pk__in=wanted)
    found = [(row.name, row) for row in right_here[: most + 1]]
    level = {row.pk: f"{row.name}/" for row in here.folders if wanted is None or row.pk in wanted}
    mine = {"owner": share.owner_id, "trashed": None}
    for _depth in range(MAX_DEPTH):
        room = most + 1 - len(found)
        if not level or room <= 0:
            break
        inside = File.objects.filter(folder__in=level, **mine).select_related("blob").order_by("folder", "name")[:room]
        found += [(level[row.folder_id] + row.name, row) for row in inside if row.folder_id]
        below = Folder.objects.filter(parent__in=level, **mine)
        level = {row.pk: f"{level[row.parent_id]}{row.name}/" for row in below if row.parent_id}
    return found[: most + 1]


# --- the log ------------------------------------------------------------------------------------------------------------


def log_of(share: Share) -> "QuerySet[Download]":
    return Download.objects.filter(share=share.pk).select_related("user")


# --- inboxes ------------------------------------------------------------------------------------------------------------


def inboxes_of(owner: User) -> "QuerySet[Inbox]":
    """Each with ``files_used`` and ``bytes_used``, by what has come."""
    rows = Inbox.objects.filter(owner=owner.pk).select_related("folder")
    return rows.annotate(files_used=Count("sent"), bytes_used=Coalesce(Sum("sent__size"), 0))


def access_inbox(owner: User, inbox: int) -> Inbox:
    row = inboxes_of(owner).filter(pk=inbox).first()
    if row is None:
        raise NotFound(str(NO_SUCH_SHARE), code="no_such_share")
    return row


def inbox_lock(inbox: Inbox) -> Lock:
    return Lock("files.inbox", inbox.pk, inbox.password)


def visit_inbox(viewer: Viewer, slug: str, proof: str = "") -> tuple[Inbox, Stands]:
    """Raises NotFound. Its owner meets it as everybody does."""
    standing = Inbox.objects.standing().filter(at_large("owner__"), slug=_clean(slug))
    row = standing.select_related("owner").filter(Q(folder=None) | Q(folder__trashed=None)).first()
    if row is None or (row.folder_id is not None and _way_up(row.folder_id, row.owner_id) is None):
        raise NotFound(str(NO_SUCH_SHARE), code="no_such_share")
    if row.members_only and not viewer.is_authenticated:
        return row, "sign-in"
    return row, "open" if inbox_lock(row).is_open(proof) else "password"


def sent_by(inbox: Inbox, sender: str) -> "QuerySet[Sent]":
    """What one sender has put there: nobody but the owner sees the rest."""
    return Sent.objects.filter(inbox=inbox.pk, sender=sender)
