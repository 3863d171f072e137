"""What is remembered of channels where that is switched on."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RememberedMessage(models.Model):
    """A member's message, as it stands on Discord now. ``id`` and the other numbers are snowflakes. Of a deleted one only that it was
    there is kept, to be counted.
    """

    id = models.BigIntegerField(primary_key=True)
    guild = models.ForeignKey("discordbridge.Guild", models.CASCADE, related_name="remembered")
    channel = models.BigIntegerField(help_text=_("the one that it is remembered for; of a thread, its channel"))
    place = models.BigIntegerField(help_text=_("the channel or thread that it is in"))
    author = models.BigIntegerField()
    author_name = models.CharField(max_length=100, blank=True)
    content = models.TextField(blank=True)
    attachments = models.JSONField(default=list, help_text=_("name, media type and size of each"))
    embeds = models.JSONField(default=list, help_text=_("title, description and address of each"))
    reply_to = models.BigIntegerField(null=True, blank=True)
    created = models.DateTimeField()
    edited = models.DateTimeField(null=True, blank=True)
    deleted = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["channel", "-id"], name="remembered_channel"),
            models.Index(fields=["author", "guild"], name="remembered_author"),
        ]

    def __str__(self) -> str:
        # Not the text: who looks at the list need not read along.
        return f"Discord message {self.pk}"


class Forgotten(models.Model):
    """A person on Discord, by their number, who was forgotten: nothing from ``before`` (a snowflake) is remembered again, although Discord
    still has it, and ``for_good`` nothing at all.
    """

    id = models.BigIntegerField(primary_key=True)
    before = models.BigIntegerField()
    for_good = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Discord account {self.pk}"


class Recollection(models.Model):
    """What of remembered messages a model reads with one answer, found when it was asked for under ``request``."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    request = models.UUIDField()
    text = models.TextField()
    quoted = models.ManyToManyField(RememberedMessage, related_name="quoted_in")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "request"], name="recollection_once")]

    def __str__(self) -> str:
        return f"recollection for {self.request}"
