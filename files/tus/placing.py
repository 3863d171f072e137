"""Where an upload goes, as its metadata wish: a folder, folders below it that a folder upload brings along, and what becomes of a file
of the same name."""

import re
import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from files import names
from files.access import access_folder
from files.library import tree
from files.library.limits import MAX_DEPTH as MAX_DEEP
from files.library.limits import MAX_FOLDERS
from files.models import File, Folder
from files.tus.protocol import texts
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound

MAX_DEPTH = 50
TRIES = 20
_SLASHES = re.compile(r"[/\\]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """``folder`` None: the root. ``below``: cleaned names of folders in it. ``replace``: a file of this name gets a new version."""

    folder: uuid.UUID | None
    below: tuple[str, ...]
    name: str
    replace: bool


def read(metadata: str, *, by_link: bool = False) -> Wish:
    """Keys: ``filename`` (or ``name``), ``folder`` (an id, or nothing), ``relativePath`` (with the file's own name at its end, as browsers
    say it), ``collision`` (``replace`` or ``keep``). Of who sends by another's link the name alone counts: the link says where it goes, and pages
    write its own mark in the place of a folder. Raises Invalid."""
    said = texts(metadata)
    path = [part for part in _SLASHES.split(said.get("relativePath", "")) if part not in ("", ".")]
    if ".." in path or len(path) > MAX_DEPTH:
        raise Invalid(_("The path of this file leads elsewhere, or has too many folders."), code="path_refused")
    name = said.get("filename") or said.get("name") or (path[-1] if path else "")
    if by_link:
        return Wish(folder=None, below=(), name=names.last_part(name), replace=False)
    return Wish(
        folder=_folder(said.get("folder", "")),
        below=tuple(names.clean(part) for part in path[:-1]),
        name=names.last_part(name),
        replace=said.get("collision") == "replace",
    )


def check(owner: User, wish: Wish) -> None:
    """Raises NotFound for a folder that is not the owner's, or in the trash, Invalid for folders too deep in each other."""
    if wish.folder is not None:
        _present(owner, wish.folder)
    if wish.below:
        tree.check_depth(len(tree.path(wish.folder)), len(wish.below) - 1)


def folder_of(owner: User, wish: Wish, top: uuid.UUID | None) -> Folder | None:
    """The folder for a file, within the caller's transaction; those below ``top`` are made where they are missing. When ``top`` went
    meanwhile, its place is the root, and where no more or deeper folders may be, the last one that may: what was sent is not lost."""
    try:
        here = None if top is None else _present(owner, top)
    except NotFound:
        here = None
    room = MAX_DEEP - len(tree.path(here.pk)) if wish.below and here is not None else MAX_DEEP
    for name in wish.below[: max(0, room)]:
        here = _entered(owner, here, name)
    return here


def replaced(owner: User, folder: Folder | None, wish: Wish) -> File | None:
    """The file that gets a new version, within the caller's transaction."""
    if not wish.replace:
        return None
    # Of two that come at once the second replaces the first.
    User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
    return File.objects.filter(owner=owner.pk, folder=folder, name=wish.name, trashed=None).first()


def _present(owner: User, folder: uuid.UUID) -> Folder:
    found = access_folder(owner, folder)
    above: Folder | None = found
    for _level in range(MAX_DEPTH):
        if above is None:
            return found
        if above.trashed is not None:
            break
        above = above.parent
    raise NotFound(_("This folder is gone."), code="no_such_folder")


def _entered(owner: User, parent: Folder | None, name: str) -> Folder | None:
    """Made once, however many come for it at the same time."""
    wanted, taken = name, set[str]()
    for _try in range(TRIES):
        present = Folder.objects.filter(owner=owner.pk, parent=parent, name=wanted, trashed=None).first()
        if present is not None:
            return present
        if File.objects.filter(owner=owner.pk, folder=parent, name=wanted, trashed=None).exists():
            # All that comes into this folder goes into the same other one.
            taken.add(wanted)
            wanted = names.free(name, taken)
            continue
        if Folder.objects.filter(owner=owner.pk).count() >= MAX_FOLDERS:
            return parent
        try:
            with transaction.atomic():
                return Folder.objects.create(owner=owner, parent=parent, name=wanted)
        except IntegrityError:
            continue
    raise Invalid(_("There is no free name for this folder here."), code="no_free_name")


def _folder(text: str) -> uuid.UUID | None:
    if not text.strip():
        return None
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        raise NotFound(_("This folder is gone."), code="no_such_folder") from None
