"""What was said in sessions that are closed."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Transcript(models.Model):
    """That a session was dealt with, and told of. Without ``messages`` its transcript is the chat's, under the same number, if there is one.

    With them it was written by a former version: a page in the storage, and the files that were attached, in order. Its member reads it, and
    who may by the site's rights; it goes with the member's account.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField("discordbridge.GuildSession", models.SET_NULL, null=True, related_name="transcript")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="transcripts")
    guild = models.BigIntegerField(null=True, blank=True)
    messages = models.PositiveIntegerField()
    files = models.JSONField(default=list, help_text=_("name, media type and size of each"))
    created = models.DateTimeField()
    posted = models.DateTimeField(
        null=True, blank=True, help_text=_("when it was told of on Discord, or was not to be")
    )

    class Meta:
        ordering = ["-created"]
        indexes = [models.Index(fields=["created"], name="transcript_unposted", condition=models.Q(posted=None))]

    def __str__(self) -> str:
        return f"transcript {self.pk}"

    @property
    def folder(self) -> str:
        """In the storage."""
        return f"transcripts/{self.pk.hex}"

    @property
    def page_name(self) -> str:
        return f"{self.folder}/page.html"

    def file_name(self, number: int) -> str:
        return f"{self.folder}/{number}"
