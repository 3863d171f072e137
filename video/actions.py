"""Verbs on videos: begin one, say what it is, put it into the trash. How it is made, :mod:`video.making` has."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from video import channels
from video.models import Channel, Video, VideoPerson, VideoTag

MOST_UNDER_WAY = 50
"""Videos of one person that are begun and not yet made."""

MOST_TAGS = 30
MOST_PEOPLE = 200
CHANGEABLE = frozenset(
    {"title", "description", "category", "language", "privacy", "embed", "embed_hosts", "downloads", "comments", "channel"}
)  # fmt: skip
UNDER_WAY = (
    Video.State.DRAFT, Video.State.UPLOADING, Video.State.FETCHING, Video.State.WAITING, Video.State.MAKING,
)  # fmt: skip


def draft(owner: User, *, title: str = "", channel: Channel | None = None, **more: Any) -> Video:
    """A video that has no content yet; its description can be written while that comes. Raises LimitReached."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if Video.objects.filter(owner=owner.pk, state__in=UNDER_WAY, trashed=None).count() >= MOST_UNDER_WAY:
            raise LimitReached(
                _("You have begun as many videos as may be under way. Wait until some are done, or delete drafts."),
                code="videos_under_way",
            )
        channel = channel or channels.main_of(owner)
        return Video.objects.create(owner=owner, channel=channel, title=line(title, 200), **more)


def describe(video: Video, **changes: Any) -> None:
    """Changes what its owner says of it: :data:`CHANGEABLE`, checked as the columns are. Raises Invalid."""
    unknown = set(changes) - CHANGEABLE
    if unknown:
        raise ValueError(f"not to be changed: {sorted(unknown)}")
    for name, choices in (("privacy", Video.Privacy), ("embed", Video.Embed), ("comments", Video.Comments)):
        if name in changes and changes[name] not in choices.values:
            raise Invalid(_("This is none of the choices."), code=name)
    if "channel" in changes and changes["channel"].owner_id != video.owner_id:
        raise Invalid(_("This channel is not yours."), code="channel")
    if changes.get("privacy") == Video.Privacy.PASSWORD and not video.password:
        raise Invalid(_("Set a password first."), code="password_missing")
    if "title" in changes:
        changes["title"] = line(changes["title"], 200)
    for name, most in (("description", 20_000), ("embed_hosts", 2_000), ("language", 12)):
        if name in changes:
            changes[name] = plain(changes[name]).replace("\r\n", "\n")[:most].strip()
    for name, value in changes.items():
        setattr(video, name, value)
    video.changed = timezone.now()
    video.save(update_fields=[*changes, "changed"])
    publish(video)


def publish(video: Video) -> bool:
    """Notes the moment from which others see it: once something can be played and it is not for its owner alone. Whether that is now."""
    there = Video.objects.filter(pk=video.pk, published=None, playable__isnull=False).exclude(
        privacy=Video.Privacy.PRIVATE
    )
    if not there.update(published=timezone.now()):
        return False
    video.refresh_from_db(fields=["published"])
    return True


def change(video: Video, *, tags: Iterable[str] | None = None, password: str | None = None, **said: Any) -> None:
    """Several of the verbs here: all of them or, where one is refused, none."""
    with transaction.atomic():
        if password is not None:
            set_password(video, password)
        if tags is not None:
            set_tags(video, tags)
        describe(video, **said)


def set_password(video: Video, password: str) -> None:
    """Who has given another one before has to give this one. Raises Invalid for an empty one."""
    if not password or len(password) > 200:
        raise Invalid(_("A password has 1 to 200 characters."), code="password")
    video.password, video.privacy, video.changed = make_password(password), Video.Privacy.PASSWORD, timezone.now()
    video.save(update_fields=["password", "privacy", "changed"])
    publish(video)


def set_people(video: Video, people: Iterable[User]) -> None:
    """These, and no others, see it while it is for people."""
    wanted = {person.pk for person in people} - {video.owner_id}
    if len(wanted) > MOST_PEOPLE:
        raise LimitReached(_("These are more people than one video can be shown to."), code="people")
    with transaction.atomic():
        VideoPerson.objects.filter(video=video).exclude(user__in=wanted).delete()
        VideoPerson.objects.bulk_create(
            [VideoPerson(video=video, user_id=key) for key in wanted], ignore_conflicts=True
        )


def set_tags(video: Video, names: Iterable[str]) -> None:
    """Raises LimitReached for more than :data:`MOST_TAGS`."""
    wanted = list(dict.fromkeys(tag for name in names if (tag := tag_name(name))))
    if len(wanted) > MOST_TAGS:
        raise LimitReached(_("These are more tags than a video can have."), code="tags")
    with transaction.atomic():
        VideoTag.objects.filter(video=video).exclude(name__in=wanted).delete()
        VideoTag.objects.bulk_create([VideoTag(video=video, name=name) for name in wanted], ignore_conflicts=True)


def trash(video: Video) -> bool:
    """Whether it was there. What is under way of it is stopped."""
    from video.making import actions as making

    if not Video.objects.filter(pk=video.pk, trashed=None).update(trashed=timezone.now()):
        return False
    making.cancel(video)
    return True


def take_down(video: Video) -> bool:
    """A moderator confirmed a report: nobody has it any more, its owner neither, and it goes for good as what lies in the trash does."""
    from video.making import actions as making

    making.cancel(video)
    rows = Video.objects.filter(pk=video.pk).exclude(state=Video.State.REMOVED)
    return bool(rows.update(state=Video.State.REMOVED, trashed=timezone.now()))


def restore(video: Video) -> bool:
    rows = Video.objects.filter(pk=video.pk, trashed__isnull=False).exclude(state=Video.State.REMOVED)
    return bool(rows.update(trashed=None))


def tag_name(text: str) -> str:
    """As tags are kept: one line of small letters without the sign before it."""
    return unicodedata.normalize("NFC", line(text, 40).lstrip("#").lower())[:40].strip()


def line(text: str, most: int) -> str:
    """On one line, and no longer than that."""
    return " ".join(plain(text).split())[:most]


def plain(text: str) -> str:
    """Without what a database refuses: PostgreSQL a NUL, and each of them half of a pair of UTF-16, which JSON can hold."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()
