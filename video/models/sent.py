"""How much of videos went out."""

from django.db import models

from video.models.videos import Video


class Sent(models.Model):
    """Bytes of one video on one day (UTC), as far as this site sent them or had them sent: not what caches before it gave."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="sent")
    day = models.DateField()
    bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["video", "day"], name="video_sent_once")]

    def __str__(self) -> str:
        return f"{self.day}: {self.bytes} of {self.video_id}"
