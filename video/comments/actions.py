"""What people say of videos: said, changed, liked, held back and taken away.

Threads are one deep: an answer to an answer stands below the same comment and names whom it answers.
"""

import secrets
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation.actions import screening
from video.comments.texts import MAX_LENGTH, html_of
from video.models import CommentBlock, CommentLike, Video, VideoComment

SERVICE: Final = "video_comment"
MOST: Final = 20_000
"""Comments at one video."""

State = VideoComment.State


def say(video: Video, author: User, text: str, parent: VideoComment | None = None) -> VideoComment:
    """Raises Forbidden where nothing may be said, Invalid for an empty or too long text, Blocked."""
    check_open(video, author)
    text = _checked(text)
    if video.comments_count >= MOST:
        raise Invalid(gettext("This video has as many comments as it may."), code="too_many_comments")
    text, found = screening.incoming(author, SERVICE, text, place=f"video:{video.slug}")
    row = VideoComment(
        video=video, author=author, text=text, html=html_of(text), public_id=secrets.token_hex(8), answers=parent,
        thread=parent and (parent.thread or parent), state=_state_for(video, author),
    )  # fmt: skip
    with transaction.atomic():
        row.save(force_insert=True)
        if row.state == State.SHOWN:
            _count(row, 1)
        if found is not None:
            screening.note(found, target=target_of(row), place=f"video:{video.slug}")
    return row


def check_open(video: Video, author: User) -> None:
    if video.comments == Video.Comments.CLOSED:
        raise Forbidden(gettext("Comments at this video are closed."), code="comments_closed")
    if CommentBlock.objects.filter(owner=video.owner_id, person=author.pk).exists():
        raise Forbidden(gettext("You cannot say anything at this person's videos."), code="comments_blocked")


def edit(user: User, row: VideoComment, text: str) -> None:
    """By its author alone. Where comments are held, the owner of the video looks at it again."""
    if row.author_id != user.pk:
        raise Forbidden(gettext("This comment is somebody else's."), code="not_yours")
    check_open(row.video, user)
    text, found = screening.incoming(user, SERVICE, _checked(text), place=f"video:{row.video.slug}")
    with transaction.atomic():
        there = VideoComment.objects.filter(pk=row.pk).exclude(state=State.REMOVED)
        if not there.update(text=text, html=html_of(text), edited=timezone.now()):
            raise Invalid(gettext("This comment was removed."), code="comment_removed")
        if _state_for(row.video, user) == State.HELD:
            _move(row, State.SHOWN, State.HELD)
        if found is not None:
            screening.note(found, target=target_of(row), place=f"video:{row.video.slug}")


def may_remove(user: User, row: VideoComment) -> bool:
    return user.is_authenticated and user.pk in (row.author_id, row.video.owner_id)


def remove(user: User, row: VideoComment) -> None:
    """By its author, or by whose video it is: the words go, the place of answers to it stays."""
    if not may_remove(user, row):
        raise Forbidden(gettext("This comment is somebody else's."), code="not_yours")
    blank(row)


def blank(row: VideoComment) -> bool:
    """Whether there was anything."""
    with transaction.atomic():
        if not (_move(row, State.SHOWN, State.REMOVED) or _move(row, State.HELD, State.REMOVED)):
            return False
        VideoComment.objects.filter(pk=row.pk).update(text="", html="", likes=0)
        CommentLike.objects.filter(comment=row.pk).delete()
    return True


def approve(owner: User, row: VideoComment) -> None:
    """Shows what was held."""
    _only_owner(owner, row)
    with transaction.atomic():
        _move(row, State.HELD, State.SHOWN)


def like(user: User, row: VideoComment, wanted: bool) -> int:
    """Sets or takes back; the number after it."""
    with transaction.atomic():
        VideoComment.objects.select_for_update(no_key=True, of=("self",)).filter(pk=row.pk).first()
        mine = CommentLike.objects.filter(comment=row.pk, user=user.pk)
        if not wanted and mine.delete()[0]:
            VideoComment.objects.filter(pk=row.pk, likes__gt=0).update(likes=F("likes") - 1)
        elif wanted and CommentLike.objects.get_or_create(comment=row, user=user)[1]:
            VideoComment.objects.filter(pk=row.pk).update(likes=F("likes") + 1)
        return VideoComment.objects.values_list("likes", flat=True).get(pk=row.pk)


def block(owner: User, row: VideoComment) -> None:
    """Who wrote this says nothing more at the owner's videos, and what waits of theirs there goes."""
    _only_owner(owner, row)
    if row.author is None or row.author_id == owner.pk:
        raise Invalid(gettext("There is nobody to be blocked here."), code="nobody_to_block")
    CommentBlock.objects.get_or_create(owner=owner, person=row.author)
    for held in VideoComment.objects.filter(video__owner=owner.pk, author=row.author_id, state=State.HELD):
        blank(held)


def unblock(owner: User, person: int) -> None:
    CommentBlock.objects.filter(owner=owner.pk, person=person).delete()


def target_of(row: VideoComment) -> str:
    return f"comment:{row.public_id}"


def _only_owner(user: User, row: VideoComment) -> None:
    if row.video.owner_id != user.pk:
        raise Forbidden(gettext("This is for the owner of the video."), code="not_yours")


def _checked(text: str) -> str:
    # PostgreSQL takes no NUL, and no half of a surrogate pair.
    text = text.strip().replace("\x00", "").replace("\r\n", "\n").encode(errors="replace").decode()
    if not text:
        raise Invalid(gettext("Write something first."), code="empty")
    if len(text) > MAX_LENGTH:
        raise Invalid(
            gettext("A comment has at most %(most)s characters.") % {"most": f"{MAX_LENGTH:,}"}, code="too_long"
        )
    return text


def _state_for(video: Video, author: User) -> str:
    return State.HELD if video.comments == Video.Comments.HELD and author.pk != video.owner_id else State.SHOWN


def _move(row: VideoComment, before: str, after: str) -> bool:
    """From one state to another, if nobody else did; within a transaction. What is shown is counted."""
    if not VideoComment.objects.filter(pk=row.pk, state=before).update(state=after):
        return False
    if State.SHOWN in (before, after):
        _count(row, 1 if after == State.SHOWN else -1)
    row.state = after
    return True


def _count(row: VideoComment, more: int) -> None:
    # Always in this order, or two of them wait for each other.
    if row.thread_id is not None:
        VideoComment.objects.filter(pk=row.thread_id).update(replies=F("replies") + more)
    Video.objects.filter(pk=row.video_id).update(comments_count=F("comments_count") + more)
