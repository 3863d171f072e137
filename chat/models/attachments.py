"""Files that people attach to their questions: each stored once, and attached to any number of messages."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Upload(models.Model):
    """A file of one person, as it is kept: an image written anew without what its camera noted, or a document with its text.

    ``size`` is what it takes of its owner's storage, from the moment before anything is written to the moment after all is deleted.
    Lives as long as a message has it, and ``expires`` without one. What lies in the storage is named by ``id`` alone.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("image")
        DOCUMENT = "document", _("document")

    class State(models.TextChoices):
        COMING = "coming", _("on its way")
        READY = "ready", _("ready")
        GOING = "going", _("being deleted")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="uploads", help_text=_("empty: has left")
    )
    state = models.CharField(max_length=6, choices=State.choices, default=State.COMING)
    kind = models.CharField(max_length=8, choices=Kind.choices, blank=True)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100, blank=True, help_text=_("as found from the bytes"))
    size = models.PositiveBigIntegerField()
    stored = models.BooleanField(
        default=True, help_text=_("there is a file; of an imported document only the text is kept")
    )
    sha256 = models.CharField(max_length=64, blank=True, help_text=_("of an image, as models are told of it"))
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    text = models.TextField(blank=True, help_text=_("of a document, as models read it"))
    length = models.PositiveIntegerField(default=0, help_text=_("characters of the text"))
    cut = models.CharField(max_length=300, blank=True, help_text=_("what of it was left out, in words"))
    source = models.CharField(max_length=2000, blank=True, help_text=_("address it was fetched from"))
    created = models.DateTimeField()
    expires = models.DateTimeField(
        null=True, blank=True, help_text=_("when it goes if no message has it; empty: at once")
    )

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["owner", "-created"], name="upload_recent"),
            models.Index(fields=["created"], name="upload_not_ready", condition=~Q(state="ready")),
        ]

    def __str__(self) -> str:
        # Not the name: operators meet this in the admin, and what members talk about is not for them.
        return f"{self.kind or 'upload'} {self.pk}"

    @property
    def file_name(self) -> str:
        """In the storage."""
        return f"attachments/{self.pk.hex}"

    @property
    def thumbnail_name(self) -> str:
        return f"attachments/{self.pk.hex}-small"


class Attachment(models.Model):
    """An upload in the place of one message that has it."""

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="attachments")
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="attachments")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["message", "upload"], name="attachment_once")]

    def __str__(self) -> str:
        return f"attachment {self.pk}"
