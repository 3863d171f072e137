"""Videos, and who may see them."""

import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from video.models.channels import Category, Channel


def new_slug() -> str:
    """Nobody guesses it: who has the address of an unlisted video has been given it."""
    return secrets.token_urlsafe(16)


class VideoQuerySet(models.QuerySet["Video"]):
    def present(self) -> "VideoQuerySet":
        """Not in the trash, and not taken down."""
        return self.filter(trashed=None).exclude(state=Video.State.REMOVED)

    def listed(self) -> "VideoQuerySet":
        """Those that everybody finds: public, and there is something to see."""
        return self.present().filter(privacy=Video.Privacy.PUBLIC, playable__isnull=False, published__isnull=False)


class Video(models.Model):
    """``blob`` is the original; empty before it has come and when it was not kept. What is made of it lies below ``folder``, in another
    ``place`` each time it is made anew.

    ``charged`` are the bytes it takes of the owner's storage, exactly those that the ledger was told.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        UPLOADING = "uploading", _("being uploaded")
        FETCHING = "fetching", _("being fetched")
        WAITING = "waiting", _("waits to be processed")
        MAKING = "making", _("being processed")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be processed")
        CANCELLED = "cancelled", _("cancelled")
        REMOVED = "removed", _("taken down")

    class Privacy(models.TextChoices):
        PUBLIC = "public", _("Public: everybody finds and sees it")
        UNLISTED = "unlisted", _("Unlisted: who has the address sees it")
        PRIVATE = "private", _("Private: I alone see it")
        PASSWORD = "password", _("Password: who knows it sees the video")
        PEOPLE = "people", _("People: those I name see it")

    class Embed(models.TextChoices):
        OFF = "off", _("nowhere")
        ANYWHERE = "anywhere", _("on every site")
        HOSTS = "hosts", _("on the sites I name")

    class Comments(models.TextChoices):
        OPEN = "open", _("open")
        HELD = "held", _("shown once I have read them")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=32, unique=True, default=new_slug)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="videos")
    channel = models.ForeignKey(Channel, models.RESTRICT, related_name="videos")
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(max_length=20_000, blank=True)
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True, related_name="videos")
    language = models.CharField(max_length=12, blank=True)
    privacy = models.CharField(max_length=8, choices=Privacy.choices, default=Privacy.PRIVATE)
    password = models.CharField(max_length=200, blank=True, help_text=_("hash of it"))
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="video.VideoPerson", related_name="videos_shown", blank=True
    )
    embed = models.CharField(max_length=8, choices=Embed.choices, default=Embed.ANYWHERE)
    embed_hosts = models.TextField(max_length=2_000, blank=True, help_text=_("one a line"))
    downloads = models.BooleanField(default=False)
    comments = models.CharField(max_length=6, choices=Comments.choices, default=Comments.OPEN)

    blob = models.ForeignKey("files.Blob", models.PROTECT, null=True, blank=True, related_name="videos")
    original_name = models.CharField(max_length=255, blank=True)
    original_size = models.PositiveBigIntegerField(default=0)
    charged = models.PositiveBigIntegerField(default=0)
    source_url = models.CharField(max_length=2_000, blank=True, help_text=_("where it was fetched from"))

    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    error = models.CharField(max_length=40, blank=True, help_text=_("code of why it could not be processed"))
    detail = models.CharField(max_length=200, blank=True)
    progress = models.FloatField(default=0, help_text=_("0 to 1"))
    estimate = models.FloatField(null=True, blank=True, help_text=_("seconds left, as far as one can tell"))
    place = models.UUIDField(default=uuid.uuid4, help_text=_("folder of what is made: another one each time"))
    plan = models.JSONField(null=True, blank=True, help_text=_("what is to be made"))
    begun = models.DateTimeField(null=True, blank=True, help_text=_("when processing began"))
    playable = models.DateTimeField(null=True, blank=True, help_text=_("since when something of it can be played"))
    published = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    trashed = models.DateTimeField(null=True, blank=True)

    duration = models.FloatField(null=True, blank=True, help_text=_("seconds"))
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_rate = models.FloatField(null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    storyboard = models.JSONField(null=True, blank=True)
    thumbnail = models.JSONField(null=True, blank=True)

    views = models.PositiveBigIntegerField(default=0)
    likes = models.PositiveIntegerField(default=0)
    comments_count = models.PositiveIntegerField(default=0)

    objects: ClassVar[VideoQuerySet] = VideoQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["owner", "-created"], name="video_of_owner"),
            models.Index(fields=["channel", "-published"], name="video_of_channel"),
            models.Index(fields=["privacy", "-published"], name="video_newest"),
            models.Index(fields=["category", "-published"], name="video_of_category"),
            models.Index(fields=["trashed"], name="video_trashed", condition=Q(trashed__isnull=False)),
            models.Index(
                fields=["state"], name="video_under_way", condition=Q(state__in=["uploading", "fetching", "waiting", "making"])
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        # Not the title: it may be private.
        return str(self.pk)

    @property
    def folder(self) -> str:
        """In the storage: everything made for it, of every place."""
        return f"videos/{self.pk.hex[:2]}/{self.pk.hex}"

    def storage_name(self, name: str) -> str:
        """``name`` as ``storyboard/0.jpg``, within the present place."""
        return f"{self.folder}/{self.place.hex}/{name}"


class VideoTag(models.Model):
    """``name``: in small letters, NFC."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["video", "name"], name="video_tag_once")]
        indexes = [models.Index(fields=["name"], name="video_tag_name")]

    def __str__(self) -> str:
        return str(self.pk)


class VideoPerson(models.Model):
    """Somebody who sees a video for ``people``."""

    video = models.ForeignKey(Video, models.CASCADE, related_name="shown_to")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["video", "user"], name="video_person_once")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.video_id}"
