"""The work of making a video: steps that workers take one at a time."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from video.models.videos import Video


class Step(models.Model):
    """One piece of work, of one process. ``epoch`` rises with each taking: whoever holds an older one has lost it, and writes nothing.

    ``weight`` says how much of the whole it is, in no unit; ``names`` which renditions it makes; ``number`` which chunk of them.
    """

    class Kind(models.TextChoices):
        PROBE = "probe", _("looking at what it is")
        LOWEST = "lowest", _("a chunk of the lowest rendition")
        AUDIO = "audio", _("a track of the sound")
        PICTURES = "pictures", _("pictures of it")
        CHUNK = "chunk", _("a chunk of the other renditions")

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        RUNNING = "running", _("under way")
        DONE = "done", _("done")

    video = models.ForeignKey(Video, models.CASCADE, related_name="steps")
    place = models.UUIDField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.PositiveIntegerField(default=0)
    order = models.PositiveIntegerField(help_text=_("lower ones are begun before"))
    names = models.JSONField(default=list)
    weight = models.FloatField(default=1)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    progress = models.FloatField(default=0)
    job = models.CharField(max_length=64, blank=True, help_text=_("who has it, or had it last"))
    epoch = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked = models.DateTimeField(null=True, blank=True, help_text=_("when a job was asked to do it"))
    heard = models.DateTimeField(null=True, blank=True, help_text=_("when who does it was last heard of"))
    started = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True, help_text=_("how long it took"))

    class Meta:
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["video", "place", "order"], name="video_step_once")]
        indexes = [
            models.Index(fields=["video", "order"], name="video_step_open", condition=~Q(state="done")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number} of {self.video_id}"
