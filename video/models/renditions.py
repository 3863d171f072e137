"""What is made of a video: renditions, each of parts that can be played one after the other."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from video.models.videos import Video


class Rendition(models.Model):
    """One size of the pictures, or one track of the sound. Pictures carry no sound."""

    class Kind(models.TextChoices):
        VIDEO = "video", _("pictures")
        AUDIO = "audio", _("sound")

    video = models.ForeignKey(Video, models.CASCADE, related_name="renditions")
    place = models.UUIDField(help_text=_("that of the video when it was made"))
    name = models.CharField(max_length=20, help_text=_("as 720p or audio-0"))
    kind = models.CharField(max_length=5, choices=Kind.choices)
    order = models.PositiveSmallIntegerField(default=0, help_text=_("from the lowest on"))
    codec = models.CharField(max_length=8)
    codecs = models.CharField(max_length=60, blank=True, help_text=_("as RFC 6381 has it"))
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_rate = models.FloatField(null=True, blank=True)
    channels = models.PositiveSmallIntegerField(null=True, blank=True)
    language = models.CharField(max_length=12, blank=True)
    label = models.CharField(max_length=80, blank=True)
    default = models.BooleanField(default=False)
    bandwidth = models.PositiveIntegerField(default=0, help_text=_("bits a second of the fastest segment"))
    average = models.PositiveIntegerField(default=0, help_text=_("bits a second over all"))
    size = models.PositiveBigIntegerField(default=0)
    ended = models.BooleanField(default=False, help_text=_("all parts are made"))

    class Meta:
        ordering = ["kind", "order"]
        constraints = [models.UniqueConstraint(fields=["video", "place", "name"], name="video_rendition_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.video_id}"

    @property
    def folder(self) -> str:
        return f"videos/{self.video_id.hex[:2]}/{self.video_id.hex}/{self.place.hex}/{self.name}"


class Part(models.Model):
    """One file: the head of an fMP4 (``init_size`` bytes) and segments, each ``[offset, size, seconds]``."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        MADE = "made", _("made")

    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    start = models.FloatField(help_text=_("seconds from the beginning of the video"))
    duration = models.FloatField(help_text=_("seconds"))
    file = models.CharField(max_length=40, blank=True, help_text=_("name of it in the folder of the rendition"))
    size = models.PositiveBigIntegerField(default=0)
    init_size = models.PositiveIntegerField(default=0)
    init_sha = models.CharField(max_length=64, blank=True)
    segments = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["rendition", "number"], name="video_part_once")]
        indexes = [models.Index(fields=["rendition"], name="video_part_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"part {self.number} of {self.rendition_id}"

    @property
    def storage_name(self) -> str:
        return f"{self.rendition.folder}/{self.file}"
