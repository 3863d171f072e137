"""Playlists of a video as its rows are now. Synchronous; for threads that may use the database."""

from dataclasses import dataclass

from django.conf import settings

from meatlizard.errors import NotFound
from video.hls import captions, playlists
from video.models import Part, Rendition, Video

MASTER = "master"


@dataclass(frozen=True, slots=True)
class Written:
    """``final``: it stays as it is, as long as the video is not made anew."""

    text: str
    final: bool


def playlist(video: Video, name: str) -> Written:
    """``master``, or that of a rendition. Raises NotFound, also while there is nothing in it."""
    return _master(video) if name == MASTER else _media(video, name)


def _master(video: Video) -> Written:
    """Those renditions that are complete, and the lowest of the pictures as soon as it begins: players that change to one which ends before
    the moment they play stop, or go back to its end."""
    rows = list(Rendition.objects.filter(video=video.pk, place=video.place))
    pictures = sorted((one for one in rows if one.kind == Rendition.Kind.VIDEO), key=lambda one: one.order)
    sound = sorted((one for one in rows if one.kind == Rendition.Kind.AUDIO and one.ended), key=lambda one: one.order)
    ended = [one for one in pictures if one.ended]
    begun = ended or [one for one in pictures if _made(one)][:1]
    if not begun and not sound:
        raise NotFound
    return Written(
        playlists.master(begun, sound, captions.of(video), alone=settings.VIDEO_AUDIO_VARIANT),
        all(one.ended for one in rows),
    )


def _media(video: Video, name: str) -> Written:
    row = Rendition.objects.filter(video=video.pk, place=video.place, name=name).first()
    parts = _made(row) if row is not None else []
    if row is None or not parts:
        raise NotFound
    # Of what is not being made any more nothing else comes: a player that waited for it would wait for ever.
    over = row.ended or video.state in (Video.State.FAILED, Video.State.CANCELLED)
    return Written(playlists.media(row.name, row.place.hex, parts, ended=over), row.ended)


def _made(rendition: Rendition) -> list[Part]:
    """From the first on, up to the first that is missing."""
    found: list[Part] = []
    for part in rendition.parts.filter(state=Part.State.MADE).order_by("number"):
        if part.number != len(found):
            break
        found.append(part)
    return found


def subtitles(video: Video, key: str) -> str:
    """Raises NotFound."""
    caption = captions.find(video, key)
    if caption is None:
        raise NotFound
    return playlists.subtitles(caption, video.duration or 0.0)
