"""Room set aside for what is on its way."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Reservation(models.Model):
    """``size`` bytes of its owner's storage, taken before the first of them comes. It becomes the file's, or is given back: by who made
    it, or after ``expires`` because that one was killed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reservations")
    size = models.PositiveBigIntegerField()
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(help_text=_("when it is given back by itself"))

    class Meta:
        ordering = ["-created"]
        indexes = [models.Index(fields=["expires"], name="file_reservation_expires")]

    def __str__(self) -> str:
        return f"{self.size} bytes"
