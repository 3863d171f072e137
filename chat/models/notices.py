"""Whom to tell when an answer that was waited for is there, and how."""

from django.conf import settings
from django.db import models


class NoticeChoice(models.Model):
    """What one person chose, and when a page of theirs was last open, of which there may be several."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_choice", primary_key=True
    )
    by_mail = models.BooleanField(default=False)
    page_seen = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"notices of {self.user_id}"


class NoticeMail(models.Model):
    """The last letter about a conversation."""

    conversation = models.OneToOneField(
        "chat.Conversation", models.CASCADE, related_name="notice_mail", primary_key=True
    )
    sent = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"letter about conversation {self.conversation_id}"
