"""Captions for whoever may watch their video: to a player, as a file, and as a transcript in which one searches."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from meatlizard.errors import NotFound
from meatlizard.security.ratelimit import limited
from video import access, addresses
from video.captions import actions, formats
from video.captions.cues import Cue
from video.hls.playlists import Caption
from video.models import Captions, Video

MOST_SOUGHT: Final = 100
RATE: Final = "240/m"


@require_GET
@limited("video.captions", RATE, methods=("GET",))
def vtt(request: HttpRequest, slug: str, captions: UUID) -> HttpResponse:
    _video, row = _found(request, slug, captions)
    return _file(row, formats.vtt(actions.cues_of(row)), "vtt")


@require_GET
@limited("video.captions", RATE, methods=("GET",))
def srt(request: HttpRequest, slug: str, captions: UUID) -> HttpResponse:
    _video, row = _found(request, slug, captions)
    return _file(row, formats.srt(actions.cues_of(row)), "srt", save=True)


@require_GET
@limited("video.captions", RATE, methods=("GET",))
def transcript(request: HttpRequest, slug: str, captions: UUID) -> HttpResponse:
    """``video/captions/transcript.html``; with ``part`` its lines alone. ``q``: what is sought in it."""
    video, row = _found(request, slug, captions)
    sought = " ".join(request.GET.get("q", "").split())[:MOST_SOUGHT]
    lines = [one for one in _lines(actions.cues_of(row)) if found(one.text, sought)]
    template = "video/captions/_lines.html" if "part" in request.GET else "video/captions/transcript.html"
    context = {"video": video, "captions": row, "lines": lines, "sought": sought, "watch": addresses.watch(video)}
    response = render(request, template, context)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def found(text: str, sought: str) -> bool:
    """Whether every word that is sought is in a line, in small or capital letters."""
    text = text.casefold()
    return all(word in text for word in sought.casefold().split())


@dataclass(frozen=True, slots=True)
class Line:
    """``at``: seconds."""

    at: float
    clock: str
    text: str


def _lines(cues: list[Cue]) -> Iterator[Line]:
    """What is said, as one reads it: captions of people who speak slowly hold what was said before once more, which is left out."""
    before = ""
    for cue in cues:
        text = " ".join(cue.text.split())
        if text != before:
            yield Line(cue.start / 1000, _short(cue.start), text)
        before = text


def _short(ms: int) -> str:
    hours, minutes, seconds = formats.clock(ms).split(".")[0].split(":")
    return f"{int(hours)}:{minutes}:{seconds}" if int(hours) else f"{int(minutes)}:{seconds}"


def of_player(video: Video, request: HttpRequest) -> dict[str, Any]:
    """The field of :mod:`video.player_settings`."""
    return {
        "captions": [
            {
                "id": str(row.pk), "label": row.label, "language": row.language, "default": row.default,
                "src": f"{reverse('video:captions_vtt', args=[video.slug, row.pk])}?{row.edition}",
            }
            for row in actions.of(video)
        ]
    }  # fmt: skip


def of_stream(video: Video) -> list[Caption]:
    """For players of their own, which read the texts from the stream."""
    return [Caption(str(row.pk), row.label, row.language, default=row.default) for row in actions.of(video)]


def text_of_stream(video: Video, key: str) -> str:
    """WebVTT. Raises NotFound."""
    return formats.vtt(actions.cues_of(actions.access(video, UUID(key))))


def of_page(request: HttpRequest, video: Video | None) -> dict[str, Any] | None:
    """For the panel beside the player."""
    rows = actions.of(video) if video is not None else []
    return {"captions": rows, "first": actions.first_of(rows, video)} if video is not None and rows else None


def _found(request: HttpRequest, slug: str, captions: UUID) -> tuple[Video, Captions]:
    video = access.watch(request.user, slug, unlocked=access.unlocked(request))
    row = actions.access(video, captions)
    if row.state != Captions.State.READY:
        raise NotFound(_("There are no such captions."), code="no_such_captions")
    return video, row


def _file(row: Captions, text: str, kind: str, *, save: bool = False) -> HttpResponse:
    types = {"vtt": "text/vtt; charset=utf-8", "srt": "application/x-subrip; charset=utf-8"}
    name = re.sub(r"[^A-Za-z0-9-]", "", row.language) or "captions"
    headers = {
        "Content-Disposition": f'{"attachment" if save else "inline"}; filename="{name}.{kind}"',
        # Whether somebody may have it is asked each time; that it is the same is told by its edition.
        "Cache-Control": "private, no-cache", "ETag": f'"{row.pk.hex}.{row.edition}.{kind}"',
        "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex", "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip
    return HttpResponse(text, content_type=types[kind], headers=headers)
