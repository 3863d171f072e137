"""Answers that are given again to the very same question of the very same model, where an operator wants it."""

from django.conf import settings
from django.db import models


class Reply(models.Model):
    """``key`` names model, messages and sampling by their hash. The first ``thinking`` code points of ``text`` are thinking. It goes with the
    conversation that it was written in, and with the person whose that is.
    """

    key = models.CharField(max_length=64)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="+")
    text = models.TextField()
    thinking = models.PositiveIntegerField(default=0)
    created = models.DateTimeField()
    uses = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created"]
        constraints = [models.UniqueConstraint(fields=["key", "owner"], name="reply_once")]
        indexes = [models.Index(fields=["created"], name="reply_created")]

    def __str__(self) -> str:
        return f"reply {self.pk}"
