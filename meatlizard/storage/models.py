"""How much each person has stored."""

from django.conf import settings
from django.db import models


class StorageUse(models.Model):
    """The bytes of everything that one person keeps here, over all apps. Whoever stores or deletes something changes this sum in the
    transaction that writes the row of it.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="storage_use")
    used = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["-used"]

    def __str__(self) -> str:
        return f"{self.used} bytes of {self.user_id}"
