"""What conversations leave behind when they are shared by link, and imports of archives."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Share(models.Model):
    """A conversation as it was at one moment, readable by whoever has the link. Of the link only a hash is kept.

    ``snapshot``: a list of ``role``, ``source``, ``model``, ``speaker``, ``content``, ``html`` and ``created`` (ISO 8601) of each message of
    the branch that was shown.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shares")
    conversation = models.ForeignKey(
        "chat.Conversation",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="shares",
        help_text=_("empty: deleted since"),
    )
    token_hash = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=200, blank=True)
    snapshot = models.JSONField(default=list)
    length = models.PositiveIntegerField(help_text=_("messages in it"))
    password = models.CharField(max_length=200, blank=True, help_text=_("hashed; empty: none is asked for"))
    created = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]
        indexes = [models.Index(fields=["owner", "-created"], name="share_list")]

    def __str__(self) -> str:
        # Not the title, as with conversations.
        return f"share of {self.created:%Y-%m-%d %H:%M}"


class ImportRun(models.Model):
    """One uploaded archive, and what came of it. ``seen``: how many of its conversations are done with, so that a second
    attempt goes on there. ``refused``: a list of ``title`` and ``reason``, not longer than is worth reading.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    name = models.CharField(max_length=200, blank=True)
    file = models.FileField(upload_to="imports/", blank=True)
    created = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)
    seen = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    extended = models.PositiveIntegerField(default=0)
    present = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-created"]
        indexes = [models.Index(fields=["owner", "-created"], name="import_list")]

    def __str__(self) -> str:
        return f"import of {self.created:%Y-%m-%d %H:%M} ({self.state})"
