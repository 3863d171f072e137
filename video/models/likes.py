"""Which videos people like."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from video.models.videos import Video


class VideoLike(models.Model):
    video = models.ForeignKey(Video, models.CASCADE, related_name="liked_by")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="videos_liked")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created"]
        constraints = [models.UniqueConstraint(fields=["video", "user"], name="video_liked_once")]
        indexes = [models.Index(fields=["user", "-created"], name="video_likes_of")]

    def __str__(self) -> str:
        return str(self.pk)
