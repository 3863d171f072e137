"""Files that were put together for whoever wants to keep a video."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from video.models.videos import Video


class Download(models.Model):
    """One rendition of one making, as one file."""

    class State(models.TextChoices):
        WAITING = "waiting", _("is being put together")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be put together")

    video = models.ForeignKey(Video, models.CASCADE, related_name="downloads_made")
    place = models.UUIDField(help_text=_("that of the video when it was asked for"))
    name = models.CharField(max_length=20, help_text=_("of the rendition"))
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    file = models.CharField(max_length=200, blank=True, help_text=_("under which it lies in the storage"))
    size = models.PositiveBigIntegerField(default=0)
    asked = models.DateTimeField(default=timezone.now, help_text=_("when a job was asked to make it"))
    used = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-asked"]
        constraints = [models.UniqueConstraint(fields=["video", "place", "name"], name="video_download_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.video_id}"
