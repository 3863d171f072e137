"""What other sites and programs read of a video: cards of link previews and players, schema.org, oEmbed. Of public and unlisted ones alone."""

import json
from typing import Any, Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from video.library import addresses, spans
from video.library.chapters import parse
from video.models import Video

WIDTH: Final = 1280
HEIGHT: Final = 720
OPEN: Final = frozenset({Video.Privacy.PUBLIC, Video.Privacy.UNLISTED})
EMBEDDED_WIDTH: Final = 640
_HARMLESS: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def tells(video: Video) -> bool:
    """Whether previews of links may name it: who sees the page without being asked who they are."""
    return video.privacy in OPEN and video.playable is not None and video.published is not None


def summary(video: Video, most: int = 300) -> str:
    """The beginning of its description, on one line."""
    text = " ".join(video.description.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def size(video: Video) -> tuple[int, int]:
    return video.width or WIDTH, video.height or HEIGHT


def card(video: Video) -> dict[str, Any]:
    """For ``video/_card.html``."""
    width, height = size(video)
    picture = addresses.picture(video)
    # Its address holds no token, and works for everybody, only while it is public.
    stream = addresses.whole(addresses.public(video)) if video.privacy == Video.Privacy.PUBLIC else ""
    return {
        "title": title(video), "description": summary(video), "address": addresses.whole(addresses.watch(video)),
        "picture": addresses.whole(picture) if picture else "", "embed": addresses.whole(addresses.embed(video)) if may_embed(video) else "",
        "stream": stream, "width": width, "height": height, "duration": round(video.duration) if video.duration else None,
        "oembed": addresses.oembed(video),
    }  # fmt: skip


def title(video: Video) -> str:
    return video.title or _("A video without a title")


def may_embed(video: Video) -> bool:
    return video.embed != Video.Embed.OFF


def schema(video: Video) -> SafeString:
    """``VideoObject`` of schema.org, as JSON that may stand within a page."""
    said = card(video)
    assert video.published is not None
    about: dict[str, Any] = {
        "@context": "https://schema.org", "@type": "VideoObject", "name": said["title"], "description": said["description"] or said["title"],
        "uploadDate": video.published.isoformat(), "url": said["address"],
        "author": {"@type": "Person", "name": video.channel.name, "url": addresses.whole(addresses.channel(video.channel))},
        "interactionStatistic": {
            "@type": "InteractionCounter", "interactionType": {"@type": "WatchAction"}, "userInteractionCount": video.views,
        },
    }  # fmt: skip
    about |= {
        name: said[key]
        for name, key in (("contentUrl", "stream"), ("embedUrl", "embed"), ("thumbnailUrl", "picture"))
        if said[key]
    }
    if video.duration:
        about["duration"] = spans.iso(video.duration)
    if video.language:
        about["inLanguage"] = video.language
    if chapters := parse(video.description, video.duration):
        about["hasPart"] = [
            {"@type": "Clip", "name": one.title, "startOffset": one.start, "endOffset": one.end, "url": f"{said['address']}?t={one.start}"}
            for one in chapters
        ]  # fmt: skip
    # Written so that no end of a script can stand in it.
    return mark_safe(json.dumps(about, ensure_ascii=False).translate(_HARMLESS))  # noqa: S308


def oembed(video: Video, most_width: int | None, most_height: int | None) -> dict[str, Any]:
    """By https://oembed.com/: a player as large as asked at most, or a mere link where the owner lets it play nowhere else."""
    said = card(video)
    answer: dict[str, Any] = {
        "version": "1.0", "title": said["title"], "author_name": video.channel.name,
        "author_url": addresses.whole(addresses.channel(video.channel)), "provider_name": "MeatLizard", "provider_url": addresses.whole("/"),
        "cache_age": 3600,
    }  # fmt: skip
    width, height = fitting(*size(video), most_width, most_height)
    picture_width, picture_height = fitting(*size(video), WIDTH, HEIGHT)
    small = (most_width is None or picture_width <= most_width) and (
        most_height is None or picture_height <= most_height
    )
    if said["picture"] and small:
        answer |= {
            "thumbnail_url": said["picture"],
            "thumbnail_width": picture_width,
            "thumbnail_height": picture_height,
        }
    if not may_embed(video):
        return answer | {"type": "link"}
    return answer | {"type": "video", "width": width, "height": height, "html": frame(video, width, height)}


def frame(video: Video, width: int, height: int) -> str:
    """What one puts into a page of one's own."""
    from django.utils.html import format_html

    return format_html(
        '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" allow="fullscreen; picture-in-picture" allowfullscreen'
        ' style="border:0"></iframe>',
        addresses.whole(addresses.embed(video)), width, height, title(video),
    )  # fmt: skip


def fitting(width: int, height: int, most_width: int | None, most_height: int | None) -> tuple[int, int]:
    """As large as usual in the shape of the video, within what was asked."""
    scale = min(1.0, EMBEDDED_WIDTH / width) if most_width is None and most_height is None else 1.0
    if most_width is not None:
        scale = min(scale, most_width / width)
    if most_height is not None:
        scale = min(scale, most_height / height)
    return max(1, int(width * scale)), max(1, int(height * scale))
