"""The words by which a video is found. Triggers of the database write them (:mod:`video.library.words`), and nobody else."""

from django.db import models

from video.models.captions import Captions
from video.models.videos import Video


class VideoWords(models.Model):
    """``tags`` and ``channel``: names with spaces between them."""

    video = models.OneToOneField(Video, models.CASCADE, related_name="words")
    title = models.TextField(blank=True)
    tags = models.TextField(blank=True)
    channel = models.TextField(blank=True)
    description = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"words of {self.video_id}"


class CaptionWords(models.Model):
    """``text`` of captions, under a key that an index can name. Triggers write it as well."""

    captions = models.OneToOneField(Captions, models.CASCADE, related_name="words")
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"words of {self.captions_id}"
