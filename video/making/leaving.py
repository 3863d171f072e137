"""A person's account is deleted, or becomes one with another of theirs."""

from django.db import transaction

from files.blobs import references
from video.making import keeping
from video.models import Channel, Video


def forget(person: int) -> None:
    """Within the transaction that deletes them, before their rows go."""
    rows = Video.objects.select_for_update(of=("self",)).filter(owner=person).order_by("pk")
    kept, folders = [], []
    for video in rows:
        folders.append(video.folder)
        if video.blob_id is not None:
            kept.append(video.blob_id)
    references.release_all(kept)

    def delete() -> None:
        for folder in folders:
            keeping.delete_folder(folder)

    transaction.on_commit(delete)


def merge(old: int, new: int) -> None:
    """Within the transaction that makes two accounts one, before rows are moved: of two main channels ``new``'s stays one."""
    if Channel.objects.filter(owner=new, main=True).exists():
        Channel.objects.filter(owner=old, main=True).update(main=False)
