"""The doors of streams, ahead of Django: playlists, parts, texts and storyboards below ``/v/<slug>/hls/<token>/``.

No cookie is looked at: the token says who asks. So any page and any device that has an address may use it (CORS), as casting needs, and a cache
between keeps what everybody may have, and nothing else.
"""

import asyncio
import hashlib
from collections import OrderedDict
from typing import Final

from django.conf import settings

from files.asgi import doors
from files.asgi.asked import Asked
from files.blobs import reading as contents
from files.serving import answers, giving
from files.serving.answers import Content
from files.serving.conditions import Conditions
from meatlizard.errors import NotFound
from meatlizard.threads import in_database
from video.hls import captions, reading, storyboards
from video.serving import kept, rights
from video.serving.kept import Stored
from video.serving.tally import tally
from video.serving.tokens import Admitted

STREAM: Final = r"/v/(?P<slug>[A-Za-z0-9_-]{1,32})/hls/(?P<token>[A-Za-z0-9_:-]{1,600})/"
PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
TEXT_TYPE: Final = "text/vtt; charset=utf-8"

PART_SECONDS: Final = 86_400
"""What was taken down is out of other people's caches within a day."""

FINAL_SECONDS: Final = 60
GROWING_SECONDS: Final = 2
PRESIGNED_SECONDS: Final = 3_600
PREFLIGHT: Final = (
    ("access-control-allow-methods", "GET, HEAD"), ("access-control-allow-headers", "Range, If-Range, If-None-Match"),
    ("access-control-max-age", "86400"),
)  # fmt: skip
CORS: Final = (
    ("access-control-allow-origin", "*"), ("access-control-expose-headers", "Content-Length, Content-Range, ETag"),
    ("cross-origin-resource-policy", "cross-origin"),
)  # fmt: skip
MOST_PARTS: Final = 20_000

_parts: "OrderedDict[tuple[str, str, str, int], Stored]" = OrderedDict()
"""Those that were asked for of late: what was made stays as it is, until its place is another."""


def open_doors() -> None:
    doors.open_door(STREAM + r"(?P<name>[a-z0-9-]{1,20})\.m3u8", playlist)
    doors.open_door(
        STREAM + r"(?P<place>[0-9a-f]{32})/(?P<rendition>[a-z0-9-]{1,20})/(?P<number>[0-9]{1,6})\.mp4", part
    )
    doors.open_door(STREAM + r"captions/(?P<key>[A-Za-z0-9-]{1,40})\.(?P<form>m3u8|vtt)", caption)
    doors.open_door(STREAM + r"storyboard\.vtt", storyboard)
    doors.open_door(STREAM + r"storyboard/(?P<number>[0-9]{1,4})\.jpg", sheet)


async def playlist(asked: Asked) -> None:
    if (found := await _admitted(asked)) is None:
        return
    admitted, conditions = found
    written = await in_database(reading.playlist, admitted.video, asked.part["name"])
    seconds = FINAL_SECONDS if written.final else GROWING_SECONDS
    await _give_text(asked, admitted, conditions, written.text, PLAYLIST_TYPE, seconds)


async def caption(asked: Asked) -> None:
    if (found := await _admitted(asked)) is None:
        return
    admitted, conditions = found
    if asked.part["form"] == "m3u8":
        said = await in_database(reading.subtitles, admitted.video, asked.part["key"])
        await _give_text(asked, admitted, conditions, said, PLAYLIST_TYPE, FINAL_SECONDS)
        return
    text = await in_database(captions.text, admitted.video, asked.part["key"])
    if text is None:
        raise NotFound
    await _give_text(asked, admitted, conditions, text, TEXT_TYPE, FINAL_SECONDS)


async def storyboard(asked: Asked) -> None:
    if (found := await _admitted(asked)) is None:
        return
    admitted, conditions = found
    video = admitted.video
    if not video.storyboard:
        raise NotFound
    text = storyboards.webvtt(video.storyboard, video.duration or 0.0, video.place.hex[:8])
    await _give_text(asked, admitted, conditions, text, TEXT_TYPE, FINAL_SECONDS)


async def sheet(asked: Asked) -> None:
    if (found := await _admitted(asked)) is None:
        return
    admitted, conditions = found
    sheets, number = (admitted.video.storyboard or {}).get("sheets", []), int(asked.part["number"])
    if number >= len(sheets):
        raise NotFound
    stored = await asyncio.to_thread(kept.named, admitted.video, f"storyboard/{sheets[number]}")
    about = _about(stored, "image/jpeg", _headers(admitted, PART_SECONDS, immutable=True))
    if not await giving.by_front_server(asked, stored, about):
        await giving.give(asked, stored, about, conditions)


async def part(asked: Asked) -> None:
    if (found := await _admitted(asked)) is None:
        return
    admitted, conditions = found
    stored = await _part(admitted, asked.part["place"], asked.part["rendition"], int(asked.part["number"]))
    kind = "audio/mp4" if asked.part["rendition"].startswith(("audio", "surround")) else "video/mp4"
    about = _about(stored, kind, _headers(admitted, PART_SECONDS, immutable=True))
    if await giving.by_front_server(asked, stored, about) or await _by_bucket(asked, stored, about):
        # Whoever sends it tells nobody how far it came.
        tally.add(admitted.video.pk, answers.answer(conditions, about, head=asked.method == "HEAD").content_size)
        return
    tally.add(admitted.video.pk, await giving.give(asked, stored, about, conditions))


async def _admitted(asked: Asked) -> tuple[Admitted, Conditions] | None:
    """None when the request was answered. Raises NotFound."""
    asked.always |= dict(CORS)
    if asked.method == "OPTIONS":
        await asked.answer(204, PREFLIGHT)
        return None
    conditions = await giving.conditions(asked)
    if conditions is None:
        return None
    return await rights.admitted(asked.part["slug"], asked.part["token"]), conditions


async def _part(admitted: Admitted, place: str, rendition: str, number: int) -> Stored:
    key = (admitted.video.pk.hex, place, rendition, number)
    stored = _parts.get(key)
    if stored is None:
        stored = _parts[key] = await in_database(kept.part, admitted.video, place, rendition, number)
        while len(_parts) > MOST_PARTS:
            _parts.popitem(last=False)
    return stored


async def _by_bucket(asked: Asked, stored: Stored, about: Content) -> bool:
    """Whether the reader was sent to the bucket: only to the origin that the pages' policy allows."""
    if not settings.VIDEO_BUCKET_ORIGIN:
        return False
    address = await asyncio.to_thread(contents.presigned, stored, PRESIGNED_SECONDS, "inline", about.content_type)
    if address is None or not address.startswith(f"{settings.VIDEO_BUCKET_ORIGIN}/"):
        return False
    await asked.answer(
        302, [("location", address), ("referrer-policy", "no-referrer"), ("cache-control", "private, no-store")]
    )
    return True


async def _give_text(
    asked: Asked, admitted: Admitted, conditions: Conditions, text: str, media_type: str, seconds: int
) -> None:
    data = text.encode()
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = _headers(admitted, seconds, immutable=False)
    await giving.give_held(asked, data, Content(len(data), etag, None, media_type, headers), conditions)


def _about(stored: Stored, media_type: str, headers: tuple[answers.Header, ...]) -> Content:
    return Content(stored.size, f'"{stored.mark}"', None, media_type, headers)


def _headers(admitted: Admitted, seconds: int, *, immutable: bool) -> tuple[answers.Header, ...]:
    lasting = f"public, max-age={seconds}{', immutable' if immutable else ''}"
    said = {
        "cache-control": lasting if admitted.public else "private, no-store",
        "x-robots-tag": "noindex",
        **dict(CORS),
    }
    return tuple((name.encode(), value.encode()) for name, value in said.items())
