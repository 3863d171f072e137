"""What was found to be harmful."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Finding(models.Model):
    """A content that was put in quarantine. It stays when the content is gone, so that operators see what there was."""

    class Decision(models.TextChoices):
        OPEN = "open", _("nothing yet")
        RELEASED = "released", _("released")
        DELETED = "deleted", _("deleted")

    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    what = models.CharField(max_length=200, help_text=_("as the scanner calls it"))
    found = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=8, choices=Decision.choices, default=Decision.OPEN)
    decided = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-found"]

    def __str__(self) -> str:
        return self.sha256[:12]
