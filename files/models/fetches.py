"""Files that the site itself brings from an address, at somebody's wish."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Fetch(models.Model):
    """``beat``: when whoever brings it was last seen at it. ``size`` None: nobody has said how long it is."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="fetches")
    folder = models.ForeignKey("files.Folder", models.SET_NULL, null=True, blank=True, related_name="+")
    url = models.TextField()
    language = models.CharField(max_length=16, blank=True, help_text=_("in which the person is told why it failed"))
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    name = models.CharField(max_length=255, blank=True)
    got = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    words = models.CharField(max_length=500, blank=True, help_text=_("why it failed"))
    file = models.ForeignKey("files.File", models.SET_NULL, null=True, blank=True, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    beat = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]
        verbose_name_plural = _("fetches")
        indexes = [
            models.Index(fields=["created"], name="file_fetch_open", condition=Q(state__in=("waiting", "running"))),
            models.Index(fields=["owner", "-created"], name="file_fetch_own"),
        ]

    def __str__(self) -> str:
        # Not the address: it is the owner's.
        return str(self.pk)
