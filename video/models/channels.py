"""Under which name videos are published, and what they are about."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Channel(models.Model):
    """``main``: the one that a person's videos go to unless another one is chosen."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="video_channels")
    handle = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    about = models.TextField(max_length=5_000, blank=True)
    main = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner"], condition=Q(main=True), name="video_channel_main_once")
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"


class Category(models.Model):
    """``name`` is English in the site's own ones, which are translated where they are shown."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "name"]
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name
