"""Uploads that can be resumed, while they are under way and a little longer."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UploadQuerySet(models.QuerySet["Upload"]):
    def unfinished(self) -> "UploadQuerySet":
        return self.filter(state=Upload.State.OPEN)


class Upload(models.Model):
    """How much of it has arrived, the bytes themselves tell: those that came to ``incoming`` (see :mod:`files.blobs.incoming`), which is
    empty once they have become a file. ``length`` None: not known yet.

    ``owner`` gets the file and pays for it. ``grant``: by which link somebody else sends it, and only by that goes on with it.
    """

    class State(models.TextChoices):
        OPEN = "open", _("under way")
        DONE = "done", _("done")
        GONE = "gone", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="file_uploads")
    grant = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN)
    incoming = models.CharField(max_length=32, blank=True)
    length = models.PositiveBigIntegerField(null=True, blank=True)
    metadata = models.TextField(blank=True, help_text=_("as it came"))
    concat = models.TextField(blank=True, help_text=_("whether it is a part, or of which parts it is, as it came"))
    reservation = models.UUIDField(null=True, blank=True)
    sure = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("bytes before a piece whose checksum is not looked at yet")
    )
    sha256 = models.CharField(max_length=64, blank=True, help_text=_("known once all has arrived"))
    file = models.ForeignKey("files.File", models.SET_NULL, null=True, blank=True, related_name="uploads")
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField()
    wanted = models.DateTimeField(
        null=True, blank=True, help_text=_("when somebody last wanted to go on in another request's place")
    )

    objects: ClassVar[UploadQuerySet] = UploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["expires"], name="upload_expires"),
            models.Index(fields=["owner"], name="upload_unfinished", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        # Not its name: that is the owner's.
        return str(self.pk)

    @property
    def is_partial(self) -> bool:
        return self.concat == "partial"

    @property
    def is_final(self) -> bool:
        return self.concat.startswith("final")
