"""Checkpoints: what a model reads in the place of a conversation's older messages."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Checkpoint(models.Model):
    """A summary of a branch from its first message down to ``message``. The messages stay as they are; a model reads it in
    their place wherever ``message`` is on the path to its question. The text is empty while ``generation`` writes it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey("chat.Conversation", models.CASCADE, related_name="checkpoints")
    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="checkpoints")
    generation = models.OneToOneField(
        "chat.Generation",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="checkpoint",
        help_text=_("that wrote it"),
    )
    by_hand = models.BooleanField(default=False, help_text=_("its owner asked for it"))
    text = models.TextField(blank=True)
    model = models.CharField(max_length=100, blank=True)
    created = models.DateTimeField()
    edited = models.DateTimeField(null=True, blank=True, help_text=_("when its owner last changed the text"))

    class Meta:
        ordering = ["created"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(text=""), name="checkpoint_one_being_written"
            ),
            models.UniqueConstraint(fields=["message"], name="checkpoint_message_once"),
        ]

    def __str__(self) -> str:
        # Not the text, as with conversations.
        return f"checkpoint {self.pk}"
