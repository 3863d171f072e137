"""What people say of videos."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from video.models.videos import Video


class VideoComment(models.Model):
    """``thread`` is the comment below which it stands, empty for those that begin one; ``answers`` whom it answers there.

    ``replies`` counts what is shown below it.
    """

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        HELD = "held", _("waits for the owner of the video")
        REMOVED = "removed", _("removed")

    video = models.ForeignKey(Video, models.CASCADE, related_name="said")
    thread = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="below")
    answers = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="video_comments"
    )
    public_id = models.CharField(max_length=16, unique=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.SHOWN)
    likes = models.PositiveIntegerField(default=0)
    replies = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now)
    edited = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created", "pk"]
        indexes = [
            models.Index(fields=["video", "-created", "-id"], name="video_said_new", condition=Q(thread=None)),
            models.Index(fields=["video", "-likes", "-id"], name="video_said_top", condition=Q(thread=None)),
            models.Index(fields=["thread", "created", "id"], name="video_said_below"),
            models.Index(fields=["video", "created"], name="video_said_held", condition=Q(state="held")),
        ]

    def __str__(self) -> str:
        return f"comment {self.public_id}"


class CommentLike(models.Model):
    comment = models.ForeignKey(VideoComment, models.CASCADE, related_name="liked_by")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="video_comments_liked")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="video_comment_liked_once")]

    def __str__(self) -> str:
        return str(self.pk)


class CommentBlock(models.Model):
    """``person`` may not say anything at videos of ``owner``."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="video_blocks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="video_blocked_by")
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "person"], name="video_comment_block_once")]

    def __str__(self) -> str:
        return str(self.pk)
