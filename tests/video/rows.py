"""Videos without anything made of them, for tests of who may see them and what is done with their rows."""

from typing import Any

from django.utils import timezone

from meatlizard.accounts.models import User
from video import channels
from video.models import Category, Video


def ready(owner: User, title: str = "A lizard", *, privacy: str = Video.Privacy.PUBLIC, **more: Any) -> Video:
    """A video that plays, as far as its row says."""
    now = timezone.now()
    return Video.objects.create(
        owner=owner, channel=channels.main_of(owner), title=title, privacy=privacy,
        **{"state": Video.State.READY, "progress": 1.0, "duration": 8.0, "width": 320, "height": 180, "playable": now, "published": now, **more},
    )  # fmt: skip


def category(slug: str) -> Category:
    """One of those that a migration makes, which tests that commit take away."""
    return Category.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0]
