"""What other programs read: feeds, sitemaps, oEmbed; and which videos stand beside one another."""

import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from tests.video.rows import category, ready
from video import actions
from video.library import feeds, listing
from video.models import HourFigures, Video

pytestmark = pytest.mark.django_db
MEDIA = "{http://search.yahoo.com/mrss/}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
VIDEO = "{http://www.google.com/schemas/sitemap-video/1.1}"
PICTURE = {"frames": ["frame-0.jpg"], "upload": "", "chosen": "frame-0.jpg"}


def test_a_feed_holds_what_a_reader_needs(client: Client, alice: User) -> None:
    video = ready(alice, "A < B & \x0b C", description="]]> <b>\x00\x1f", thumbnail=PICTURE, duration=61.0)
    for path in ("/videos/feed.rss", "/videos/channel/alice/feed.rss"):
        answer = client.get(path)
        assert answer.headers["Content-Type"].startswith("application/rss+xml")
        item = ElementTree.fromstring(answer.content).find("channel/item")
        assert item is not None and item.findtext("title") == "A < B &  C"
        assert str(item.findtext("link")).endswith(f"/v/{video.slug}/")
        content = item.find(f"{MEDIA}group/{MEDIA}content")
        enclosure = item.find("enclosure")
        assert content is not None and enclosure is not None
        assert content.get("url") == enclosure.get("url") and str(content.get("url")).endswith("/hls/-/master.m3u8")
        assert content.get("duration") == "61" and item.find(f"{MEDIA}group/{MEDIA}thumbnail") is not None


def test_a_sitemap_holds_public_videos(client: Client, alice: User) -> None:
    video = ready(alice, "Stones & sun", thumbnail=PICTURE)
    tree = ElementTree.fromstring(client.get("/videos/sitemap.xml").content)
    assert [str(url.text).rpartition("/v/")[2] for url in tree.iter(f"{SITEMAP}loc")] == [f"{video.slug}/"]
    assert tree.findtext(f"{SITEMAP}url/{VIDEO}video/{VIDEO}title") == "Stones & sun"


def test_many_videos_have_several_sitemaps(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SITEMAP", 2)
    for number in range(5):
        ready(alice, f"V{number}")
    index = ElementTree.fromstring(client.get("/videos/sitemap.xml").content)
    maps = [str(one.text) for one in index.iter(f"{SITEMAP}loc")]
    assert [one.rpartition("/")[2] for one in maps] == ["sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"]
    found = [client.get(one[one.index("/videos") :]).content.count(b"<url>") for one in maps]
    assert found == [2, 2, 1] and client.get("/videos/sitemap-4.xml").status_code == 404


def oembed(client: Client, video: Video, **asked: Any) -> Any:
    return client.get("/videos/oembed", {"url": f"http://testserver/v/{video.slug}/", **asked})


def test_oembed_gives_a_player_within_the_size_asked_for(client: Client, alice: User) -> None:
    video = ready(alice, 'A "lizard"', width=1920, height=1080, thumbnail=PICTURE)
    said = oembed(client, video).json()
    assert (said["version"], said["type"], said["width"], said["height"]) == ("1.0", "video", 640, 360)
    assert f"/v/{video.slug}/embed/" in said["html"] and "&quot;lizard&quot;" in said["html"]
    assert said["thumbnail_width"] == 1280
    small = oembed(client, video, maxwidth=320, maxheight=100).json()
    assert small["width"] <= 320 and small["height"] <= 100 and "thumbnail_url" not in small
    assert oembed(client, video, maxwidth="x", maxheight="-1").json()["width"] == 640
    assert oembed(client, video, format="xml").status_code == 501
    actions.describe(video, embed="off")
    assert oembed(client, video).json()["type"] == "link"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "https://evil.example/v/{slug}/",
        "http://testserver/p/{slug}/",
        "http://testserver/v/",
        "http://[",
        "http://testserver/v/%00/",
    ],
)
def test_oembed_knows_addresses_of_ours_alone(client: Client, alice: User, url: str) -> None:
    video = ready(alice)
    assert client.get("/videos/oembed", {"url": url.replace("{slug}", video.slug)}).status_code == 404


def views(video: Video, ago: datetime.timedelta, count: int) -> None:
    hour = (timezone.now() - ago).replace(minute=0, second=0, microsecond=0)
    HourFigures.objects.create(video=video, hour=hour, views=count)


def test_what_is_watched_now_trends_before_what_was_watched(alice: User) -> None:
    old, new, never, secret = (ready(alice, name) for name in ("old", "new", "never", "secret"))
    actions.describe(secret, privacy="private")
    views(old, datetime.timedelta(days=5), 20)
    views(new, datetime.timedelta(hours=2), 5)
    views(secret, datetime.timedelta(hours=1), 500)
    assert [row.title for row in listing.trending(10)] == ["new", "old", "never"]
    actions.describe(new, privacy="private")
    assert [row.title for row in listing.trending(10)] == ["old", "never"], (
        "remembered order shows nothing that is gone"
    )
    assert never in listing.trending(10)


def test_related_ones_share_tags_before_anything_else(alice: User, bob: User) -> None:
    video = ready(alice, "this", category=category("music"))
    tagged, same_channel = ready(bob, "tagged"), ready(alice, "channel")
    same_category, other = ready(bob, "category", category=video.category), ready(bob, "other")
    secret = ready(bob, "secret", privacy="unlisted")
    for row in (video, tagged, secret):
        actions.set_tags(row, ["a", "b"])
    assert listing.related(video) == [tagged, same_channel, same_category, other]
