"""The same change of several videos at once, which can be undone for a while."""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from video import access, actions
from video.models import Category, Channel, Video, VideoTag

MOST: Final = 200
"""Videos of one change."""

UNDO_SECONDS: Final = 3_600
PRIVACIES: Final = (Video.Privacy.PUBLIC, Video.Privacy.UNLISTED, Video.Privacy.PRIVATE)
"""Those that need nothing said beside them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be other; None: as it is. ``category`` empty: none."""

    privacy: str | None = None
    category: str | None = None
    channel: str | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    delete: bool = False

    def __bool__(self) -> bool:
        return self.delete or any(value is not None for value in (self.privacy, self.category, self.channel)) or bool(
            self.add_tags or self.remove_tags
        )  # fmt: skip


@dataclass(slots=True)
class Before:
    """How each video was: its fields, its tags where they were changed, and whether it was put into the trash."""

    fields: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    tags: dict[UUID, list[str]] = field(default_factory=dict)
    trashed: list[UUID] = field(default_factory=list)


def chosen(owner: User, slugs: Iterable[str]) -> list[Video]:
    """Their own, all of them or NotFound. Raises Invalid for none, and for too many."""
    wanted = {slug.replace("\x00", "") for slug in slugs}
    if not wanted or len(wanted) > MOST:
        raise Invalid(_("Choose 1 to %(most)d videos.") % {"most": MOST}, code="videos_chosen")
    rows = list(access.videos_of(owner).filter(slug__in=wanted, trashed=None).order_by("created", "pk"))
    if len(rows) != len(wanted):
        raise NotFound(_("Some of these videos are not there any more. Reload the page."), code="no_such_video")
    return rows


def change(owner: User, videos: Sequence[Video], wish: Change) -> str:
    """All of them or none; the name under which it can be undone. Raises Invalid."""
    if not wish:
        raise Invalid(_("Choose what is to be changed."), code="change_empty")
    facts = _facts(owner, wish)
    before = Before()
    with transaction.atomic():
        for video in videos:
            if wish.delete:
                if actions.trash(video):
                    before.trashed.append(video.pk)
                continue
            _one(video, wish, facts, before)
    return _remember(owner, before)


def _facts(owner: User, wish: Change) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if wish.privacy is not None:
        if wish.privacy not in PRIVACIES:
            raise Invalid(_("This is none of the choices."), code="privacy")
        facts["privacy"] = wish.privacy
    if wish.category is not None:
        facts["category"] = Category.objects.filter(slug=wish.category).first() if wish.category else None
        if wish.category and facts["category"] is None:
            raise Invalid(_("There is no such category."), code="category")
    if wish.channel is not None:
        facts["channel"] = Channel.objects.filter(owner=owner.pk, handle=wish.channel).first()
        if facts["channel"] is None:
            raise Invalid(_("This channel is not yours."), code="channel")
    return facts


def _one(video: Video, wish: Change, facts: dict[str, Any], before: Before) -> None:
    if facts:
        before.fields[video.pk] = {name: getattr(video, f"{name}_id" if name != "privacy" else name) for name in facts}
        actions.describe(video, **facts)
    if wish.add_tags or wish.remove_tags:
        tags = list(video.tags.values_list("name", flat=True))
        before.tags[video.pk] = tags
        gone = {actions.tag_name(name) for name in wish.remove_tags}
        actions.set_tags(video, [*(name for name in tags if name not in gone), *wish.add_tags])


def undo(owner: User, token: str) -> int:
    """How many videos are as they were. What was deleted for good meanwhile is left out. Raises NotFound where nothing is left to be undone."""
    name = _name(owner, re.sub(r"[^\w-]", "", token)[:40])
    before = cache.get(name)
    # Of two at once, one deletes it.
    if not isinstance(before, Before) or not cache.delete(name):
        raise NotFound(_("This cannot be undone any more."), code="no_such_undo")
    keys = {*before.fields, *before.tags, *before.trashed}
    with transaction.atomic():
        rows = list(access.videos_of(owner).filter(pk__in=keys))
        for video in rows:
            if video.pk in before.trashed:
                actions.restore(video)
            if was := before.fields.get(video.pk):
                actions.describe(video, **_as_it_was(owner, video, was))
            if video.pk in before.tags:
                actions.set_tags(video, before.tags[video.pk])
    return len(rows)


def _as_it_was(owner: User, video: Video, was: dict[str, Any]) -> dict[str, Any]:
    """A category or channel that is gone by now stays the present one."""
    facts: dict[str, Any] = {}
    if "privacy" in was:
        facts["privacy"] = was["privacy"]
    if "category" in was:
        facts["category"] = Category.objects.filter(pk=was["category"]).first() if was["category"] else None
    if "channel" in was:
        facts["channel"] = Channel.objects.filter(pk=was["channel"], owner=owner.pk).first() or video.channel
    return facts


def _remember(owner: User, before: Before) -> str:
    token = secrets.token_urlsafe(12)
    cache.set(_name(owner, token), before, UNDO_SECONDS)
    return token


def _name(owner: User, token: str) -> str:
    return f"video.undo.{owner.pk}.{token}"


def tags_of(videos: Iterable[Video]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for key, name in (
        VideoTag.objects.filter(video__in=[row.pk for row in videos]).order_by("name").values_list("video", "name")
    ):
        found.setdefault(key, []).append(name)
    return found
