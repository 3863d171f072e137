"""Pages of the library: what stands on them, and for whom."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meatlizard.accounts.models import User
from tests.video.rows import category, ready
from video import actions, channels
from video.models import Channel, Video, VideoPerson

pytestmark = pytest.mark.django_db
SECRET = "Zanzibar"
HIDDEN = ("unlisted", "private", "password", "people")


def hidden(owner: User, kind: str, **more: Any) -> Video:
    """A video that strangers find nowhere, with its title, description and tag named alike."""
    facts: dict[str, Any] = {"description": f"{SECRET} within", "category": category("music")}
    facts |= {"thumbnail": {"frames": ["frame-0.jpg"], "upload": "", "chosen": "frame-0.jpg"}} | more
    if kind == "removed":
        facts["state"] = Video.State.REMOVED
    elif kind == "trashed":
        facts["trashed"] = timezone.now()
    elif kind == "suspended":
        owner.is_active = False
        owner.save()
    elif kind == "unplayable":
        facts |= {"playable": None}
    elif kind == "password":
        facts["password"] = make_password("opensesame")
    row = ready(owner, f"{SECRET} nights", privacy=kind if kind in HIDDEN else "public", **facts)
    actions.set_tags(row, [SECRET, "shared"])
    return row


LISTS = [
    "/videos/", "/videos/trending/", f"/videos/search/?q={SECRET}", "/videos/search/?category=music", "/videos/category/music/",
    "/videos/feed.rss", "/videos/category/music/feed.rss", "/videos/sitemap.xml", "/videos/tag/shared/", "/videos/channel/alice/",
    "/videos/channel/alice/feed.rss",
]  # fmt: skip


KINDS = [*HIDDEN, "removed", "trashed", "suspended", "unplayable"]


@pytest.fixture
def hidden_ones(alice: User, olga: User) -> dict[str, Video]:
    """One of each kind."""
    return {kind: hidden(olga if kind == "suspended" else alice, kind) for kind in KINDS}


def test_what_is_not_for_everybody_stands_in_no_list_of_strangers(
    client: Client, hidden_ones: dict[str, Video], bob: User, charlie: User
) -> None:
    other = ready(bob, "Plain", category=category("music"))
    actions.set_tags(other, ["shared"])
    for viewer in (None, charlie):
        if viewer:
            client.force_login(viewer)
        for address in LISTS:
            said = client.get(address).content.decode().replace(f"q={SECRET}", "")
            said = said.replace(f'value="{SECRET}"', "").replace(f"“{SECRET}”", "")
            assert SECRET.lower() not in said.lower(), address
            assert not [kind for kind, video in hidden_ones.items() if video.slug in said], address
        assert client.get(f"/videos/tag/{SECRET}/").status_code == 404
        # Nor do they stand beside another one, nor in how many they are.
        assert SECRET not in client.get(f"/v/{other.slug}/").content.decode()
        assert "0 videos" in client.get("/videos/channel/alice/").content.decode()
    assert client.get("/videos/channel/olga/").status_code == 404


@pytest.mark.parametrize("path", ["", "edit/", "qr.svg", "thumbnail/frame-0.jpg", "unlock/"])
def test_strangers_get_the_same_as_for_what_is_not_there(
    client: Client, hidden_ones: dict[str, Video], charlie: User, path: str
) -> None:
    client.force_login(charlie)

    def said(slug: str) -> tuple[int, str]:
        answer = client.get(f"/v/{slug}/{path}", headers={"Accept": "application/json"})
        error = answer.json()["error"]
        return answer.status_code, error["code"] + error["message"]

    for kind in ("private", "people", "removed", "trashed", "suspended", "unplayable"):
        assert said(hidden_ones[kind].slug) == said("A" * 22) and said("A" * 22)[0] == 404, kind


def test_oembed_says_of_them_what_it_says_of_nothing(client: Client, hidden_ones: dict[str, Video]) -> None:
    def said(slug: str) -> tuple[int, str]:
        asked = {"url": f"http://testserver/v/{slug}/"}
        answer = client.get("/videos/oembed", asked, headers={"Accept": "application/json"})
        return answer.status_code, answer.json()["error"]["message"]

    for kind in KINDS[1:]:
        assert said(hidden_ones[kind].slug) == said("A" * 22) and said("A" * 22)[0] == 404, kind


def test_an_owner_and_those_named_see_it_and_search_engines_do_not(client: Client, alice: User, bob: User) -> None:
    video = hidden(alice, "people")
    VideoPerson.objects.create(video=video, user=bob)
    for viewer in (alice, bob):
        client.force_login(viewer)
        answer = client.get(f"/v/{video.slug}/")
        assert answer.status_code == 200 and SECRET in answer.content.decode()
        assert "noindex" in answer.headers["X-Robots-Tag"]
        page = answer.content.decode()
        assert "og:title" not in page and "ld+json" not in page and "oembed" not in page
        assert SECRET in client.get(f"/videos/search/?q={SECRET}&order=new").content.decode()


def test_a_password_page_says_nothing_of_what_is_behind_it(client: Client, alice: User, charlie: User) -> None:
    video = hidden(alice, "password")
    page = client.get(f"/v/{video.slug}/")
    assert page.status_code == 200 and SECRET not in page.content.decode() and "alice" not in page.content.decode()
    assert client.get(f"/v/{video.slug}/thumbnail/frame-0.jpg").status_code == 404
    assert client.get(f"/v/{video.slug}/qr.svg").status_code == 403
    assert client.post(f"/v/{video.slug}/unlock/", {"password": "wrong"}).status_code == 403
    assert client.post(f"/v/{video.slug}/unlock/", {"password": "opensesame"}).status_code == 302
    assert SECRET in client.get(f"/v/{video.slug}/").content.decode()
    actions.set_password(video, "another")
    assert SECRET not in client.get(f"/v/{video.slug}/").content.decode()


def test_passwords_are_not_tried_for_long(client: Client, alice: User, one_window: Callable[[], None]) -> None:
    video = hidden(alice, "password")
    tried = [client.post(f"/v/{video.slug}/unlock/", {"password": f"wrong{n}"}).status_code for n in range(6)]
    assert tried == [403] * 5 + [429]
    assert client.post(f"/v/{video.slug}/unlock/", {"password": "opensesame"}).status_code == 429


def test_a_public_video_says_what_it_is_to_other_sites(client: Client, alice: User) -> None:
    video = ready(
        alice,
        'Sun & <b>"stones"</b>',
        description="</script><script>alert(1)</script>\n0:00 A\n0:10 B\n0:20 C",
        duration=30.0,
    )
    page = client.get(f"/v/{video.slug}/")
    text = page.content.decode()
    assert "X-Robots-Tag" not in page.headers and "noindex" not in text
    assert (
        '<meta property="og:title" content="Sun &amp; &lt;b&gt;' in text
        and 'name="twitter:card" content="player"' in text
    )
    assert f"/v/{video.slug}/hls/-/master.m3u8" in text and 'type="application/json+oembed"' in text
    assert "<script>alert(1)" not in text
    schema = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert schema
    said = json.loads(schema[1])
    assert said["@type"] == "VideoObject" and said["name"] == video.title and said["duration"] == "PT30S"
    assert [clip["startOffset"] for clip in said["hasPart"]] == [0, 10, 20]


def test_unlisted_ones_have_cards_and_stay_out_of_search_engines(client: Client, alice: User) -> None:
    video = hidden(alice, "unlisted")
    answer = client.get(f"/v/{video.slug}/")
    text = answer.content.decode()
    assert "noindex" in answer.headers["X-Robots-Tag"] and "og:title" in text
    assert "ld+json" not in text and "/hls/-/" not in text
    assert client.get("/videos/oembed", {"url": f"http://testserver/v/{video.slug}/"}).json()["type"] == "video"


def test_a_page_of_many_asks_as_often_as_a_page_of_few(client: Client, alice: User) -> None:
    """The second pages, the search, and the studio too, out of ten thousand."""
    addresses = [
        "/videos/",
        "/videos/search/?q=lizard",
        "/videos/category/music/",
        "/videos/channel/alice/",
        "/videos/mine/",
        "/videos/feed.rss",
    ]
    music, channel, now = category("music"), channels.main_of(alice), timezone.now()
    client.force_login(alice)

    def fill(first: int, count: int) -> None:
        Video.objects.bulk_create(
            [
                Video(
                    owner=alice, channel=channel, title=f"Lizard {n}", privacy="public", state="ready", category=music, duration=8.0,
                    playable=now, published=now,
                )
                for n in range(first, first + count)
            ]
        )  # fmt: skip

    def asked() -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as seen:
                assert client.get(address).status_code == 200
            counts.append(len(seen))
        return counts

    fill(0, 3)
    asked()
    few = asked()
    fill(3, 10_000)
    many = asked()
    # One more at most where a list has become longer than a page.
    assert all(after <= before + 1 for before, after in zip(few, many, strict=True)), (few, many)
    assert max(many) <= 30, many


def test_pieces_hold_each_video_once(client: Client, alice: User) -> None:
    now = timezone.now()
    slugs = {ready(alice, f"V{n}", published=now).slug for n in range(30)}
    seen: list[str] = []
    address = "/videos/channel/alice/"
    for _piece in range(2):
        text = client.get(address).content.decode()
        seen += re.findall(r'<h3><a href="/v/([-\w]+)/"', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = "/videos/channel/alice/" + (following[1] if following else "")
    assert sorted(seen) == sorted(slugs) and following is None


@pytest.mark.parametrize(
    "query", ["after=x", "after=MjAyNg", "page=99999", "page=x&q=a", "q=%00", "q='%22*(", "after=%00"]
)
@pytest.mark.parametrize("path", ["/videos/", "/videos/search/", "/videos/channel/alice/"])
def test_garbage_in_addresses_is_refused_or_ignored(client: Client, alice: User, path: str, query: str) -> None:
    ready(alice)
    assert client.get(f"{path}?{query}").status_code in (200, 400)


def test_channels_are_made_and_changed_by_their_owner(client: Client, alice: User, charlie: User) -> None:
    client.force_login(alice)
    assert (
        client.post(
            "/videos/channels/", {"name": "Savanna", "handle": "savanna", "about": "**Grass** from 9:30 on"}
        ).status_code
        == 302
    )
    page = client.get("/videos/channel/savanna/").content.decode()
    assert "<strong>Grass</strong> from 9:30 on" in page, "a time of no video leads nowhere"
    assert client.post("/videos/channels/", {"name": "Two", "handle": "savanna"}).status_code == 400
    client.force_login(charlie)
    assert client.post("/videos/channel/savanna/edit/", {"name": "Mine"}).status_code == 403
    client.logout()
    assert client.get("/videos/channel/savanna/edit/").status_code == 302
    client.force_login(alice)
    assert client.post("/videos/channel/savanna/edit/", {"name": "Steppe", "about": ""}).status_code == 302
    assert Channel.objects.get(handle="savanna").name == "Steppe"


def test_robots_are_told_where_the_sitemap_is(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert "Sitemap: " in text and "/videos/sitemap.xml" in text and "Disallow: /admin/" in text
