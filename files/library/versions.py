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


def restore(version: Version) -> File:
    """Its content becomes the present one, as a new version: nothing is lost by it. Asked twice it is done once. Raises StorageFull, NotFound."""
    with tree.changing(version.file.owner_id):
        # File, content, ledger: in the order in which whoever stores something locks them.
        file = _locked(version)
        if file.blob_id == version.blob_id:
            return file
        references.hold(version.blob_id)
        file.blob_id, file.size, file.media_type = version.blob_id, version.size, version.media_type
        file.number, file.changed = file.number + 1, timezone.now()
        file.save(update_fields=["blob", "size", "media_type", "number", "changed"])
        Version.objects.create(
            file=file, number=file.number, blob_id=version.blob_id, size=version.size, media_type=version.media_type,
            name=version.name, created=file.changed,
        )  # fmt: skip
        storage.take(file.owner, version.size)
    return file


def delete(versions: Sequence[Version]) -> int:
    """Earlier ones of one file for good, with the room they take. The present content is deleted with the file alone. Returns how many went."""
    if not versions:
        return 0
    keys = [version.pk for version in versions]
    with tree.changing(versions[0].file.owner_id):
        file = _locked(versions[0])
        rows = list(Version.objects.filter(pk__in=keys).values_list("number", "blob", "size"))
        if any(number == file.number for number, _blob, _size in rows):
            raise Invalid(
                _("This is the present content. Restore another version first, or delete the file."),
                code="version_present",
            )
        Version.objects.filter(pk__in=keys).delete()
        references.release_all(blob for _number, blob, _size in rows)
        storage.give_back(file.owner_id, sum(size for _number, _blob, size in rows))
    return len(rows)


def _locked(version: Version) -> File:
    rows = File.objects.select_for_update(of=("self",), no_key=True).select_related("owner__tier")
    file = rows.filter(pk=version.file_id, trashed=None).first()
    if file is None or not Version.objects.filter(pk=version.pk).exists():
        raise NotFound(_("This is not there any more."), code="no_such_version")
    return file
