"""What is made of a content so that people can look at it and find it: it belongs to the content, and goes with it."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Preview(models.Model):
    """``made`` names what lies in the storage, with sizes in bytes. ``facts`` are what the kind has: see :mod:`files.previews.making`."""

    class State(models.TextChoices):
        MAKING = "making", _("being made")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be made")

    class Bare(models.TextChoices):
        """What others get of an image."""

        NONE = "", _("as it is: nothing is noted in it")
        COPY = "copy", _("a copy without what its camera noted")
        FAILED = "failed", _("nothing: no such copy could be made")

    blob = models.OneToOneField("files.Blob", models.CASCADE, primary_key=True, related_name="preview")
    state = models.CharField(max_length=6, choices=State.choices, default=State.MAKING)
    version = models.PositiveSmallIntegerField(default=0, help_text=_("of what makes it"))
    error = models.CharField(max_length=40, blank=True, help_text=_("code of why it could not be made"))
    detail = models.CharField(max_length=40, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration = models.FloatField(null=True, blank=True, help_text=_("seconds"))
    facts = models.JSONField(default=dict, blank=True)
    made = models.JSONField(default=dict, blank=True)
    place = models.UUIDField(default=uuid.uuid4, help_text=_("folder in the storage: another one each time it is made"))
    bare = models.CharField(max_length=6, choices=Bare.choices, blank=True, default=Bare.NONE)
    changed = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["state"], name="preview_not_ready", condition=~models.Q(state="ready"))]

    def __str__(self) -> str:
        return str(self.blob_id)[:12]

    def storage_name(self, name: str) -> str:
        return f"previews/{self.blob_id[:2]}/{self.blob_id}/{self.place.hex}/{name}"


class BareCopy(models.Model):
    """``blob`` is the image ``original`` without what its camera noted, and is kept as long as that is there."""

    original = models.OneToOneField("files.Blob", models.CASCADE, primary_key=True, related_name="bare_copy")
    blob = models.ForeignKey("files.Blob", models.PROTECT, related_name="bare_of")

    def __str__(self) -> str:
        return f"{str(self.original_id)[:12]} without notes"


class ShownWhole(models.Model):
    """That the owner lets others have a file's image with all that its camera noted."""

    file = models.OneToOneField("files.File", models.CASCADE, primary_key=True, related_name="shown_whole")
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.file_id)


class BlobText(models.Model):
    """The text of a content, to be read and found by. Without text: ``error`` says why there is none."""

    blob = models.OneToOneField("files.Blob", models.CASCADE, related_name="words")
    text = models.TextField(blank=True)
    length = models.PositiveIntegerField(default=0, help_text=_("characters of the text"))
    cut = models.CharField(max_length=40, blank=True, help_text=_("what of it was left out, as a code and a number"))
    error = models.CharField(max_length=40, blank=True, help_text=_("code of why there is none"))
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"text of {str(self.blob_id)[:12]}"


class FolderShelf(models.Model):
    """The collection of the chat that a folder's documents are read into, so that they can be asked about together."""

    folder = models.OneToOneField("files.Folder", models.CASCADE, primary_key=True, related_name="shelf")
    collection = models.ForeignKey("chat.Collection", models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return str(self.folder_id)
