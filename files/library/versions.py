"""Earlier contents of a file. Each takes its size of the owner's room until it is deleted."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from files.blobs import references
from files.library import tree
from files.models import File, Version
from meatlizard.errors import Invalid, NotFound
from meatlizard.storage import actions as storage


def versions_of(file: File) -> "QuerySet[Version]":
    """Newest first; the first is the present content."""
    return Version.objects.filter(file=file.pk).select_related("blob").order_by("-number")


def access_version(file: File, number: int) -> Version:
    """Of a file that was reached through access. Raises NotFound."""
    row = versions_of(file).filter(number=number).first() if 0 < number < 2**31 else None
    if row is None:
        raise NotFound(_("This file has no such version."), code="no_such_version")
    return row


def restore(version: Version) -> File:
    """Its content becomes the present one, as a new version: nothing is lost by it. Asked twice it is done once. Raises StorageFull, NotFound."""
    with tree.changing(version.file.owner_id):
        file = _locked(version)
        if file.blob_id == version.blob_id:
            return file
        storage.take(file.owner, version.size)
        references.hold(version.blob)
        file.blob_id, file.size, file.media_type = version.blob_id, version.size, version.media_type
        file.number, file.changed = file.number + 1, timezone.now()
        file.save(update_fields=["blob", "size", "media_type", "number", "changed"])
        Version.objects.create(
            file=file, number=file.number, blob_id=version.blob_id, size=version.size, media_type=version.media_type, name=version.name
        )
    return file


def delete(versions: Sequence[Version]) -> int:
    """Earlier ones of one file for good, with the room they take. The present content is deleted with the file alone. Returns how many went."""
    if not versions:
        return 0
    with tree.changing(versions[0].file.owner_id):
        file = _locked(versions[0])
        if any(version.number == file.number for version in versions):
            raise Invalid(_("This is the present content. Restore another version first, or delete the file."), code="version_present")
        gone = 0
        for version in versions:
            if Version.objects.filter(pk=version.pk).delete()[0]:
                references.release(version.blob)
                storage.give_back(file.owner_id, version.size)
                gone += 1
    return gone


def _locked(version: Version) -> File:
    file = File.objects.select_for_update(of=("self",)).select_related("owner__tier").filter(pk=version.file_id, trashed=None).first()
    if file is None or not Version.objects.filter(pk=version.pk).exists():
        raise NotFound(_("This is not there any more."), code="no_such_version")
    return file
