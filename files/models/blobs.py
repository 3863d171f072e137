"""Contents, once for the whole site."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BlobQuerySet(models.QuerySet["Blob"]):
    def readable(self) -> "BlobQuerySet":
        return self.filter(state=Blob.State.READY)


class Blob(models.Model):
    """A content. ``references`` counts those that keep it, exactly: it changes in the transaction that adds or removes one.

    It lies at ``place`` under ``storage_name``. ``copy`` rises when a content is put there anew because the copy before is being
    deleted, is damaged or lost: whoever deletes, deletes the copy that was meant and no other.
    """

    class State(models.TextChoices):
        READY = "ready", _("ready")
        CHECKING = "checking", _("being checked")
        QUARANTINED = "quarantined", _("in quarantine")
        MISSING = "missing", _("missing")
        DAMAGED = "damaged", _("damaged")
        GOING = "going", _("being deleted")

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100, help_text=_("as found from the bytes"))
    state = models.CharField(max_length=11, choices=State.choices, default=State.READY)
    place = models.CharField(max_length=10, help_text=_("where it lies: on the local disk, or in the bucket"))
    copy = models.PositiveIntegerField(default=0)
    references = models.PositiveBigIntegerField(default=0, help_text=_("how many keep it"))
    created = models.DateTimeField()
    unreferenced = models.DateTimeField(null=True, blank=True, help_text=_("since when nobody keeps it"))
    verified = models.DateTimeField(null=True, blank=True, help_text=_("when it was last read and found whole"))

    objects: ClassVar[BlobQuerySet] = BlobQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["-created"], name="blob_newest"),
            models.Index(fields=["unreferenced"], name="blob_unreferenced", condition=Q(unreferenced__isnull=False)),
            models.Index(fields=["state"], name="blob_not_ready", condition=~Q(state="ready")),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def readable(self) -> bool:
        return self.state == self.State.READY

    @property
    def storage_name(self) -> str:
        return storage_name(self.sha256, self.copy)


def storage_name(sha256: str, copy: int = 0) -> str:
    name = f"blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    return f"{name}.{copy}" if copy else name
