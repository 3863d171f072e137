"""Videos that somebody has put in an order of their own."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from video.models.videos import Video


def new_list_slug() -> str:
    return secrets.token_urlsafe(12)


class Playlist(models.Model):
    """``later``: the one of what is to be watched later, which each person has once and sees alone."""

    class Kind(models.TextChoices):
        OWN = "own", _("a playlist")
        LATER = "later", _("watch later")

    class Privacy(models.TextChoices):
        PUBLIC = "public", _("Public: everybody finds it")
        UNLISTED = "unlisted", _("Unlisted: who has the address sees it")
        PEOPLE = "people", _("Shared: those I name see it")
        PRIVATE = "private", _("Private: I alone see it")

    slug = models.CharField(max_length=32, unique=True, default=new_list_slug)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="video_playlists")
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.OWN)
    title = models.CharField(max_length=150)
    about = models.TextField(max_length=2_000, blank=True)
    privacy = models.CharField(max_length=8, choices=Privacy.choices, default=Privacy.PRIVATE)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    created = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-changed"]
        constraints = [
            models.UniqueConstraint(fields=["owner"], condition=Q(kind="later"), name="video_later_once"),
        ]
        indexes = [models.Index(fields=["owner", "-changed"], name="video_lists_of")]

    def __str__(self) -> str:
        return self.slug


class PlaylistItem(models.Model):
    """``order`` rises from the first to the last, with gaps."""

    playlist = models.ForeignKey(Playlist, models.CASCADE, related_name="items")
    video = models.ForeignKey(Video, models.CASCADE, related_name="in_playlists")
    order = models.IntegerField()
    added = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["playlist", "video"], name="video_in_list_once")]
        indexes = [models.Index(fields=["playlist", "order"], name="video_list_order")]

    def __str__(self) -> str:
        return str(self.pk)
