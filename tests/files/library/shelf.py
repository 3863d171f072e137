"""Quick ways to fill a library in tests."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone

from files import actions
from files.library.selection import Selection
from files.models import Blob, File, Folder, Version
from meatlizard.accounts.models import User
from meatlizard.storage import actions as storage
from tests.files.contents import adopted


def put(owner: User, name: str, folder: Folder | None = None, data: bytes = b"") -> File:
    """As an upload does it."""
    return actions.store(owner, folder, name, adopted(data or name.encode()))


def folder(owner: User, name: str, parent: Folder | None = None) -> Folder:
    from files.library import arranging

    return arranging.make_folder(owner, parent, name)


def chosen(owner: User, *rows: Any) -> Selection:
    return Selection(
        owner, [row for row in rows if isinstance(row, Folder)], [row for row in rows if isinstance(row, File)]
    )


def names(owner: User, parent: UUID | None = None) -> list[str]:
    """What lies in a folder."""
    files = File.objects.filter(owner=owner, folder=parent, trashed=None).values_list("name", flat=True)
    folders = Folder.objects.filter(owner=owner, parent=parent, trashed=None).values_list("name", flat=True)
    return sorted([*files, *folders])


def many(owner: User, parent: Folder | None, count: int, *, size: int = 3, contents: int = 0) -> list[File]:
    """Rows alone, of ``contents`` different contents (as many as files without it), counted as the real ones are."""
    now = timezone.now()
    different = contents or count
    blobs = [
        Blob(
            sha256=f"{number:064x}", size=size, media_type="text/plain", place="local", created=now,
            references=len(range(number, count, different)),
        )
        for number in range(different)
    ]  # fmt: skip
    Blob.objects.bulk_create(blobs)
    files = [
        File(
            owner=owner,
            folder=parent,
            name=f"file {number:05}.txt",
            blob=blobs[number % different],
            size=size,
            media_type="text/plain",
        )
        for number in range(count)
    ]
    File.objects.bulk_create(files)
    Version.objects.bulk_create(
        Version(file=file, number=1, blob_id=file.blob_id, size=size, media_type="text/plain", name=file.name)
        for file in files
    )
    storage.take(owner, count * size)
    return files


def check_counts(owners: Iterable[User]) -> None:
    """Every byte and every reference is accounted for."""
    from django.db.models import Sum

    from meatlizard.storage.actions import used_by

    for owner in owners:
        kept = Version.objects.filter(file__owner=owner).aggregate(sum=Sum("size"))["sum"] or 0
        assert used_by(owner) == kept, owner
    for blob in Blob.objects.all():
        assert blob.references == Version.objects.filter(blob=blob).count(), blob
        assert (blob.unreferenced is None) == (blob.references > 0), blob
