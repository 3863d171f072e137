"""Where contents lie: the local disk and a bucket, both through Django's storage API."""

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from files.blobs.disk import Disk
from files.blobs.place import Place

LOCAL, S3 = "local", "s3"


def present() -> Place:
    """Where new contents go."""
    return place(settings.STORAGE)


def place(name: str) -> Place:
    storage = storages[name]
    if isinstance(storage, FileSystemStorage):
        return Disk(name, storage)
    # Imported late: the library behind it costs every process that has no bucket 30 MB.
    from files.blobs.bucket import Bucket

    return Bucket(name, storage)


def first(name: str) -> list[Place]:
    """Where a content may lie: at ``name``, as its row says, or elsewhere, since a backup may have been restored there, or a move not be
    told of yet. A place that the site has no longer (its bucket was taken out of the settings) has nothing."""
    return [*([place(name)] if name in names() else []), *others(name)]


def others(name: str) -> list[Place]:
    return [place(other) for other in names() if other != name]


def names() -> list[str]:
    return [LOCAL, *([S3] if S3 in settings.STORAGES else [])]


__all__ = ["LOCAL", "S3", "Place", "first", "names", "others", "place", "present"]
