"""A person's account is deleted, or becomes one with another of theirs: what they liked, watched and said."""

from django.db.models import F, Q, QuerySet

from video.models import CommentBlock, CommentLike, Playlist, PlaylistItem, Video, VideoComment, VideoLike, Viewing


def forget(person: int) -> None:
    """Within the transaction that deletes them, before their rows go: counters lose what was theirs. Comments stay without a name."""
    _uncount_videos(VideoLike.objects.filter(user=person))
    _uncount_comments(CommentLike.objects.filter(user=person))
    Viewing.objects.filter(viewer=f"user {person}").delete()
    # What waited for somebody's eyes was never said.
    VideoComment.objects.filter(author=person, state=VideoComment.State.HELD).update(
        state=VideoComment.State.REMOVED, text="", html=""
    )


def merge(old: int, new: int) -> None:
    """Within the transaction that makes two accounts one, before rows are moved: what both did once counts once."""
    both = VideoLike.objects.filter(user=old, video__in=VideoLike.objects.filter(user=new).values("video"))
    _uncount_videos(both)
    both.delete()
    comments = CommentLike.objects.filter(user=old, comment__in=CommentLike.objects.filter(user=new).values("comment"))
    _uncount_comments(comments)
    comments.delete()
    CommentBlock.objects.filter(Q(owner=old, person=new) | Q(owner=new, person=old)).delete()
    Viewing.objects.filter(viewer=f"user {old}").delete()
    _merge_later(old, new)
    named = Playlist.people.through.objects
    both_named = list(named.filter(user_id=new).values_list("playlist_id", flat=True))
    named.filter(user_id=old).exclude(playlist_id__in=both_named).update(user_id=new)


def _uncount_videos(rows: "QuerySet[VideoLike]") -> None:
    keys = list(rows.values_list("video", flat=True))
    list(Video.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=keys).order_by("pk"))
    Video.objects.filter(pk__in=keys, likes__gt=0).update(likes=F("likes") - 1)


def _uncount_comments(rows: "QuerySet[CommentLike]") -> None:
    keys = list(rows.values_list("comment", flat=True))
    VideoComment.objects.filter(pk__in=keys, likes__gt=0).update(likes=F("likes") - 1)


def _merge_later(old: int, new: int) -> None:
    """Of what both want to watch later: the other's comes behind one's own."""
    kept = Playlist.objects.filter(owner=new, kind=Playlist.Kind.LATER).first()
    gone = Playlist.objects.filter(owner=old, kind=Playlist.Kind.LATER).first()
    if kept is None or gone is None:
        return
    there = PlaylistItem.objects.filter(playlist=kept)
    last = there.order_by("-order").values_list("order", flat=True).first() or 0
    more = PlaylistItem.objects.filter(playlist=gone).exclude(video__in=there.values("video"))
    more.update(playlist=kept, order=F("order") + last + 1)
    gone.delete()
