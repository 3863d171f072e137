"""Files that come out of conversations, in versions that hang on messages."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ArtifactText(models.Model):
    """What versions hold: kept once however many of one person's versions have it, and counted once in their storage. Goes when none has
    it any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(help_text=_("bytes in UTF-8"))
    text = models.TextField(blank=True)
    created = models.DateTimeField()

    class Meta:
        # No constraint: two accounts of one person that become one may both have it, and so may two writers at the same moment.
        indexes = [models.Index(fields=["owner", "sha256"], name="artifact_text_known")]

    def __str__(self) -> str:
        return f"{self.size} bytes {self.pk}"


class Artifact(models.Model):
    """A file of a conversation, told from others by its name. ``newest`` is the number of its last version: who makes one says which he
    has seen, and only one of two succeeds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="artifacts", db_index=False)
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=100, help_text=_("names with the same key are the same file"))
    kind = models.CharField(max_length=20)
    newest = models.PositiveIntegerField(default=0, db_default=0)
    created = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True, help_text=_("empty: kept"))

    class Meta:
        ordering = ["created"]
        constraints = [models.UniqueConstraint(fields=["conversation", "key"], name="artifact_name_once")]
        indexes = [
            models.Index(fields=["expires"], name="artifact_ending", condition=models.Q(expires__isnull=False)),
        ]

    def __str__(self) -> str:
        # Not the name: what members talk about is not for operators.
        return f"artifact {self.pk}"


class ArtifactVersion(models.Model):
    """A state of a file. It is seen where its message is: on that branch, as long as nobody deletes it."""

    class Origin(models.TextChoices):
        ANSWER = "answer", _("an answer")
        PERSON = "person", _("changed by hand")
        RESTORED = "restored", _("an earlier version")
        TOOL = "tool", _("made by a tool")

    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="artifact_versions")
    content = models.ForeignKey(ArtifactText, models.CASCADE, related_name="versions")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    created = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["artifact", "number"], name="artifact_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.artifact_id}"
