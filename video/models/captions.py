"""What is said in videos."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Captions(models.Model):
    """One text that runs with a video: in one language, of one kind.

    ``cues``: rows ``[start, end, markup]`` or ``[start, end, markup, settings]`` (see :class:`video.captions.cues.Cue`), by their beginning.
    ``edition`` rises with each change: who saves an older one is told so, and addresses hold it.
    """

    class State(models.TextChoices):
        READY = "ready", _("ready")
        WAITING = "waiting", _("waits for a machine that writes down speech")
        HEARING = "hearing", _("is being written down")
        FAILED = "failed", _("could not be written down")

    class Source(models.TextChoices):
        FILE = "file", _("from a file")
        WRITTEN = "written", _("written here")
        MACHINE = "machine", _("written down by a machine")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey("video.Video", models.CASCADE, related_name="captions")
    language = models.CharField(max_length=12, help_text=_("BCP 47, as en or pt-BR"))
    label = models.CharField(max_length=60, help_text=_("as it is offered"))
    source = models.CharField(max_length=7, choices=Source.choices, default=Source.FILE)
    state = models.CharField(max_length=7, choices=State.choices, default=State.READY)
    default = models.BooleanField(default=False, help_text=_("shown unless somebody turns it off"))
    cues = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True, help_text=_("all of it, to be searched"))
    edition = models.PositiveIntegerField(default=1)
    model = models.CharField(max_length=100, blank=True, help_text=_("which model has written it down"))
    tasks = models.JSONField(
        default=list,
        blank=True,
        help_text=_("of the machines that write it down: id, and where in the video it begins"),
    )
    error = models.CharField(max_length=300, blank=True)
    created = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["Captions"]]

    class Meta:
        verbose_name_plural = _("captions")
        ordering = ["label", "created"]
        constraints = [
            models.UniqueConstraint(fields=["video", "label"], name="captions_label_once"),
            models.UniqueConstraint(fields=["video"], condition=Q(default=True), name="captions_one_default"),
        ]
        indexes = [
            models.Index(fields=["state"], name="captions_not_ready", condition=Q(state__in=["waiting", "hearing"]))
        ]

    def __str__(self) -> str:
        # Not the label: it belongs to the video.
        return str(self.pk)
