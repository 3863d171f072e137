"""Contents for tests."""

from django.utils import timezone

from files.blobs import incoming, sweeping
from files.models import Blob


def adopted(data: bytes) -> Blob:
    coming = incoming.begin()
    coming.append(data)
    blob = incoming.adopt(coming)
    coming.abandon()
    return blob


def past_grace() -> None:
    """A day and more goes by for what nobody keeps."""
    Blob.objects.filter(unreferenced__isnull=False).update(unreferenced=timezone.now() - 2 * sweeping.GRACE)
