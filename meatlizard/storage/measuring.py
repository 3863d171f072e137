"""What is measured of storage."""

from collections.abc import Iterable

from django.db.models import Sum

from meatlizard.metrics.readings import Found, reading
from meatlizard.storage.models import StorageUse


def register() -> None:
    reading(
        "storage", _storage, ("storage_used_bytes", "Bytes of everything that people keep here.", ())
    )  # fmt: skip


def _storage() -> Iterable[Found]:
    yield Found("storage_used_bytes", StorageUse.objects.aggregate(sum=Sum("used"))["sum"] or 0)
