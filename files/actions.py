"""Verbs that put contents into somebody's library. What is done with them there, :mod:`files.library` has."""

import uuid

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from files import afterwards, names, quota
from files.blobs import references
from files.models import Blob, File, Folder, Version
from files.safety import blocked
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound

TRIES = 20
"""Somebody else takes the same name at the same moment, at most as often."""


def store(
    owner: User, folder: Folder | None, name: str, blob: Blob, *, replacing: File | None = None,
    reservation: uuid.UUID | None = None,
) -> File:  # fmt: skip
    """A file of ``owner``'s in ``folder`` (None: the root), or a new version of ``replacing``, which keeps its name and place.

    Locks folder, file, blob and the owner's ledger, in this order, as whoever deletes does. Raises NotFound for a folder or file that went meanwhile, Gone for a
    blob that did, StorageFull; then nothing has changed, and ``reservation`` stands.
    """
    if blob.state == Blob.State.QUARANTINED:
        raise Invalid(_("This content was found to be harmful, and is not stored."), code="quarantined")
    blocked.refuse(name if replacing is None else replacing.name, blob)
    with transaction.atomic():
        if folder is not None:
            _present(owner, folder)
        file = _next_version(owner, replacing, blob) if replacing is not None else _new(owner, folder, name, blob)
        references.hold(blob)
        Version.objects.create(
            file=file, number=file.number, blob=blob, size=blob.size, media_type=blob.media_type, created=file.changed,
            name=names.clean(name),
        )  # fmt: skip
        quota.settle(owner, blob.size, reservation)
        afterwards.stored(file)
    return file


def free_name(owner: User, folder: Folder | None, name: str) -> str:
    """``name``, cleaned, and with a number where that is taken."""
    cleaned = names.clean(name)
    start = names.split(cleaned)[0][:100]
    files = File.objects.filter(owner=owner.pk, folder=folder, trashed=None, name__startswith=start)
    folders = Folder.objects.filter(owner=owner.pk, parent=folder, trashed=None, name__startswith=start)
    taken = files.order_by().values_list("name", flat=True).union(folders.order_by().values_list("name", flat=True))
    return names.free(cleaned, set(taken))


def _new(owner: User, folder: Folder | None, name: str, blob: Blob) -> File:
    now = timezone.now()
    for _try in range(TRIES):
        file = File(
            owner=owner, folder=folder, name=free_name(owner, folder, name), blob=blob, size=blob.size,
            media_type=blob.media_type, created=now, changed=now,
        )  # fmt: skip
        try:
            with transaction.atomic():
                file.save(force_insert=True)
        except IntegrityError:
            continue
        return file
    raise Invalid(_("There is no free name for this file here. Give it another one."), code="no_free_name")


def _next_version(owner: User, replacing: File, blob: Blob) -> File:
    mine = File.objects.filter(pk=replacing.pk, owner=owner.pk, trashed=None)
    if not mine.update(
        blob=blob, size=blob.size, media_type=blob.media_type, number=F("number") + 1, changed=timezone.now()
    ):
        raise NotFound(code="no_such_file")
    return mine.get()


def _present(owner: User, folder: Folder) -> None:
    """Locked, so that it cannot go while something is put into it."""
    rows = Folder.objects.select_for_update(of=("self",), no_key=True)
    if rows.filter(pk=folder.pk, owner=owner.pk, trashed=None).first() is None:
        raise NotFound(_("This folder is gone."), code="no_such_folder")
