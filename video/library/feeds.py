"""RSS 2.0 with Media RSS, and sitemaps with videos (https://www.google.com/schemas/sitemap-video/1.1). Public videos alone."""

from collections.abc import Iterable
from typing import Any, Final
from xml.sax.saxutils import escape as escaped
from xml.sax.xmlreader import AttributesImpl

from django.db.models import QuerySet
from django.utils.feedgenerator import Enclosure, Rss201rev2Feed
from django.utils.xmlutils import SimplerXMLGenerator

from video.library import listing, meta
from video.models import Video

TYPE: Final = "application/rss+xml; charset=utf-8"
MOST: Final = 50
STREAM: Final = "application/vnd.apple.mpegurl"
SITEMAP: Final = 5_000
"""Videos of one sitemap; the format allows 50,000 addresses and 50 MB."""

_CONTROLS: Final = {
    code: None for code in [*range(32), 0x7F, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)] if code not in (9, 10, 13)
}


class _Feed(Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:media": "http://search.yahoo.com/mrss/"}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.startElement("media:group", AttributesImpl({}))
        handler.addQuickElement("media:content", "", item["media"])
        if item["player"]:
            handler.addQuickElement("media:player", "", {"url": item["player"]})
        if item["picture"]:
            handler.addQuickElement("media:thumbnail", "", {"url": item["picture"]})
        handler.addQuickElement("media:title", item["title"], {"type": "plain"})
        handler.addQuickElement("media:description", item["summary"], {"type": "plain"})
        handler.endElement("media:group")


def rss(title: str, address: str, own: str, videos: Iterable[Video], description: str = "") -> str:
    """``address``: of the page that the feed is of; ``own``: where the feed is. Both whole."""
    feed = _Feed(
        title=_plain(title), link=address, description=_plain(description or title), feed_url=own, language=None
    )
    for video in videos:
        said = meta.card(video)
        stream = said["stream"]
        media = {
            "url": stream,
            "type": STREAM,
            "medium": "video",
            "width": str(said["width"]),
            "height": str(said["height"]),
        }
        if said["duration"]:
            media["duration"] = str(said["duration"])
        feed.add_item(
            title=_plain(said["title"]), link=said["address"], description=_plain(video.description or said["title"]), pubdate=video.published,
            author_name=_plain(video.channel.name), unique_id=said["address"], unique_id_is_permalink=True,
            enclosures=[Enclosure(stream, "0", STREAM)], media=media, player=said["embed"], picture=said["picture"],
            summary=_plain(said["description"]),
        )  # fmt: skip
    return feed.writeString("utf-8")


def newest(rows: "QuerySet[Video]") -> "QuerySet[Video]":
    """For a feed: what everybody finds, whoever asks."""
    return rows.order_by("-published", "-pk")[:MOST]


def sitemap_pages() -> int:
    return max(1, -(-listing.public().count() // SITEMAP))


def sitemap(page: int) -> str:
    """Pages from 1 on, in the order in which videos were published, so that what comes later changes the last ones alone."""
    rows = listing.public().order_by("published", "pk")[(page - 1) * SITEMAP : page * SITEMAP]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">',
    ]
    return "\n".join([*lines, *(_url(row) for row in rows), "</urlset>", ""])


def sitemap_index(pages: int, address: str) -> str:
    """``address``: whole, with a place for the number."""
    maps = "".join(f"<sitemap><loc>{escaped(address % number)}</loc></sitemap>\n" for number in range(1, pages + 1))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{maps}</sitemapindex>\n"
    )


def _url(video: Video) -> str:
    said = meta.card(video)
    about = {
        "thumbnail_loc": said["picture"], "title": said["title"], "description": said["description"] or said["title"], "content_loc": said["stream"],
        "player_loc": said["embed"], "duration": said["duration"], "view_count": video.views,
        "publication_date": video.published.isoformat() if video.published else "",
    }  # fmt: skip
    parts = "".join(
        f"<video:{name}>{escaped(_plain(str(value)))}</video:{name}>"
        for name, value in about.items()
        if value not in ("", None)
    )
    changed = video.changed.date().isoformat()
    # Without a picture the format has no videos.
    inside = f"<video:video>{parts}</video:video>" if said["picture"] else ""
    return f"<url><loc>{escaped(said['address'])}</loc><lastmod>{changed}</lastmod>{inside}</url>"


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return text.translate(_CONTROLS)
