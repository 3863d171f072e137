"""Playlists, what is to be watched later, and likes: order, rights, and what stays without a name."""

import json
import threading
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.belongings import archive
from meatlizard.accounts.merging import merge
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from tests.video.rows import ready
from video import belongings, likes, player_settings
from video.models import Playlist, PlaylistItem, Video, VideoLike
from video.playlists import actions, showing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


def signed_in(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def filled(owner: User, titles: str = "abc", **facts: Any) -> tuple[Playlist, list[Video]]:
    playlist = actions.create(owner, "Lizards", **facts)
    videos = [ready(owner, title) for title in titles]
    for video in videos:
        actions.add(playlist, video)
    return playlist, videos


def titles(playlist: Playlist) -> str:
    return "".join(playlist.items.order_by("order", "pk").values_list("video__title", flat=True))


def to(name: str, playlist: Playlist) -> str:
    return reverse(f"video:{name}", args=[playlist.slug])


def test_order_is_changed_and_videos_stand_once(alice: User) -> None:
    playlist, (a, _b, c) = filled(alice)
    item = {row.video_id: row.pk for row in playlist.items.all()}
    assert not actions.add(playlist, a)
    actions.move(playlist, item[c.pk], 0)
    assert titles(playlist) == "cab"
    actions.move(playlist, item[c.pk], 99)
    assert titles(playlist) == "abc"
    actions.move(playlist, item[a.pk], 1)
    assert titles(playlist) == "bac"
    assert actions.take_out(playlist, a) == 1 and actions.take_out(playlist, a) is None
    actions.add(playlist, a, 1)
    assert titles(playlist) == "bac"
    with pytest.raises(Invalid):
        actions.move(playlist, 10**9, 0)


def test_pages_move_take_out_and_put_back(alice: User) -> None:
    playlist, (a, _b, _c) = filled(alice)
    client, item = signed_in(alice), playlist.items.get(video=a).pk
    assert client.post(
        to("playlist-move", playlist), {"item": item, "to": "2"}, headers={"accept": "application/json"}
    ).json() == {"ok": True}
    assert titles(playlist) == "bca"
    answer = client.post(to("playlist-out", playlist), {"item": item}, follow=True)
    assert titles(playlist) == "bc" and b"Undo" in answer.content
    client.post(to("playlist-back", playlist), {"video": a.slug, "at": answer.context["undo_at"]})
    assert titles(playlist) == "bca"
    for said in ({"item": "x", "to": "0"}, {"item": item, "to": ""}, {"item": "9" * 30, "to": "0"}):
        assert client.post(to("playlist-move", playlist), said).status_code == 400


@pytest.mark.parametrize(
    ("privacy", "stranger", "visitor", "named"),
    [("private", 404, 404, 404), ("people", 404, 404, 200), ("unlisted", 200, 200, 200), ("public", 200, 200, 200)],
)
def test_who_sees_a_playlist(
    alice: User, bob: User, charlie: User, privacy: str, stranger: int, visitor: int, named: int
) -> None:
    playlist, _videos = filled(alice)
    actions.change(playlist, "Lizards", privacy, "", [bob])
    path = to("playlist", playlist)
    assert [signed_in(who).get(path).status_code for who in (alice, bob, charlie, None)] == [
        200,
        named,
        stranger,
        visitor,
    ]
    item = playlist.items.all()[0].pk
    writes = {"playlist-edit": {"title": "x", "privacy": "public"}, "playlist-move": {"item": item, "to": 2}, "playlist-out": {"item": item},
              "playlist-back": {"video": "x", "at": 0}, "playlist-delete": {}}  # fmt: skip
    for name, said in writes.items():
        assert signed_in(charlie).post(to(name, playlist), said).status_code == (403 if stranger == 200 else 404), name
        assert signed_in(None).post(to(name, playlist), said).status_code == 302, name
    assert titles(playlist) == "abc"
    assert ("Lizards" in signed_in(bob).get(reverse("video:playlists")).content.decode()) is (privacy == "people")


def test_others_private_videos_stand_there_without_a_name(alice: User, bob: User) -> None:
    playlist, (a, b, c) = filled(alice, privacy="public")
    Video.objects.filter(pk=b.pk).update(privacy="private", title="Top secret")
    page = signed_in(bob).get(to("playlist", playlist)).content.decode()
    assert "Top secret" not in page and b.slug not in page and page.count("Not to be watched by you") == 1
    assert "Top secret" in signed_in(alice).get(to("playlist", playlist)).content.decode()
    before, after = showing.neighbours(showing.entries(playlist, bob), a)
    assert before is None and after is not None and after.video == c and after.place == 2


def test_the_player_goes_on_to_the_next_one(alice: User, bob: User, charlie: User, rf: Any) -> None:
    playlist, (a, b, c) = filled(alice, privacy="unlisted")

    def told(video: Video, user: User, slug: str) -> tuple[Any, Any]:
        request = rf.get("/", {"list": slug})
        request.user, request.session = user, {}
        found = player_settings.of(video, request)
        return found["previous"], found["next"]

    assert told(b, bob, playlist.slug) == (
        {"url": f"/v/{a.slug}/?list={playlist.slug}&index=1", "title": "a"},
        {"url": f"/v/{c.slug}/?list={playlist.slug}&index=3", "title": "c"},
    )
    assert told(c, bob, playlist.slug)[1] is None
    again = signed_in(bob).get(f"/v/{b.slug}/", {"list": playlist.slug}).context["player"]["renew"]
    assert signed_in(bob).get(again).json()["next"]["title"] == "c"
    assert told(b, bob, "nothing") == told(ready(alice), bob, playlist.slug) == (None, None)
    actions.change(playlist, "Lizards", "private", "")
    assert told(b, charlie, playlist.slug) == (None, None)


def test_a_video_is_saved_into_lists_from_its_page(alice: User, bob: User, charlie: User) -> None:
    film = ready(alice, "film")
    one, two = actions.create(bob, "one"), actions.create(bob, "two")
    others = actions.create(charlie, "others")
    actions.add(two, film)
    path = reverse("video:save", args=[film.slug])
    later = actions.later_of(bob)
    said = {
        "offered": [later.slug, one.slug, two.slug, others.slug],
        "in": [later.slug, one.slug, others.slug],
        "title": "three",
    }
    assert signed_in(bob).post(path, said, headers={"accept": "application/json"}).json() == {"in": 3}
    assert [titles(row) for row in (later, one, two, others)] == ["film", "film", "", ""]
    assert titles(Playlist.objects.get(title="three")) == "film"
    assert "film" in signed_in(bob).get(reverse("video:later")).content.decode()
    assert signed_in(charlie).get(to("playlist", later)).status_code == 404
    Video.objects.update(privacy="private")
    assert signed_in(bob).post(path, said).status_code == 404 and signed_in(None).post(path, said).status_code == 302


def test_forms_refuse_what_is_no_playlist(alice: User) -> None:
    client, path = signed_in(alice), reverse("video:playlists")
    for said in (
        {"title": "", "privacy": "public"},
        {"title": "x", "privacy": "everyone"},
        {"title": "x", "privacy": "people", "people": "nobody"},
    ):
        assert client.post(path, said).status_code == 400
    assert not Playlist.objects.filter(kind="own").exists()
    assert client.post(path, {"title": "<b>x</b>", "privacy": "private"}, follow=True).status_code == 200
    assert b"<b>x</b>" not in client.get(path).content
    row = Playlist.objects.get(kind="own")
    client.post(to("playlist-delete", row))
    assert not Playlist.objects.filter(kind="own").exists()
    with pytest.raises(Invalid):
        actions.change(actions.later_of(alice), "x", "public", "")


def test_a_list_has_its_end(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_VIDEOS", 2)
    monkeypatch.setattr(actions, "MOST", 1)
    playlist, _videos = filled(alice, "ab")
    with pytest.raises(LimitReached):
        actions.add(playlist, ready(alice, "c"))
    with pytest.raises(LimitReached):
        actions.create(alice, "another")


def test_likes_of_videos_and_their_list(alice: User, bob: User, charlie: User) -> None:
    film = ready(alice, "film")
    path = reverse("video:like", args=[film.slug])
    for _ in range(2):
        assert signed_in(bob).post(path, {"on": "1"}, headers={"accept": "application/json"}).json() == {
            "likes": 1,
            "liked": True,
        }
    assert "film" in signed_in(bob).get(reverse("video:liked")).content.decode()
    assert "film" not in signed_in(charlie).get(reverse("video:liked")).content.decode()
    assert signed_in(None).post(path, {"on": "1"}).status_code == 302
    Video.objects.update(privacy="private")
    assert signed_in(charlie).post(path, {"on": "1"}).status_code == 404
    assert "film" not in signed_in(bob).get(reverse("video:liked")).content.decode()
    assert likes.like(bob, film, False) == likes.like(bob, film, False) == 0


@pytest.mark.both_databases
def test_who_leaves_or_becomes_another_counts_right(alice: User, bob: User, charlie: User) -> None:
    film, other = ready(alice, "film"), ready(alice, "other")
    for who in (bob, charlie):
        likes.like(who, film, True)
        actions.add(actions.later_of(who), film)
    likes.like(charlie, other, True)
    actions.add(actions.later_of(charlie), other)
    shared = actions.create(alice, "shared")
    actions.change(shared, "shared", "people", "", [charlie])
    merge(charlie, bob)
    assert [Video.objects.get(pk=one.pk).likes for one in (film, other)] == [1, 1]
    assert [row.title for row in (item.video for item in actions.later_of(bob).items.all())] == ["film", "other"]
    assert list(shared.people.all()) == [bob]
    bob.delete()
    assert [Video.objects.get(pk=one.pk).likes for one in (film, other)] == [0, 0] and not VideoLike.objects.exists()


def test_belongings_have_what_one_did(alice: User, bob: User) -> None:
    playlist, (a, _b, _c) = filled(alice)
    likes.like(alice, a, True)
    files = dict(belongings.of(alice))
    assert json.loads(files["videos/likes.json"])[0]["video"] == a.slug
    assert len(json.loads(files[f"videos/playlists/{playlist.slug}.json"])["videos"]) == 3
    assert json.loads(dict(belongings.of(bob))["videos/likes.json"]) == []
    assert b"".join(archive(alice))


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_many_who_like_and_sort_at_once(alice: User, bob: User) -> None:
    playlist, videos = filled(alice, "abcdef")
    items = list(playlist.items.values_list("pk", flat=True))
    start = threading.Barrier(6)

    def run(number: int) -> None:
        start.wait()
        try:
            likes.like(bob, videos[0], number % 2 == 0)
            likes.like(alice, videos[0], True)
            actions.move(playlist, items[number], 5 - number)
            actions.later_of(bob)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    film = Video.objects.get(pk=videos[0].pk)
    assert film.likes == film.liked_by.count() and film.liked_by.filter(user=alice).count() == 1
    assert sorted(titles(playlist)) == list("abcdef")
    assert sorted(PlaylistItem.objects.filter(playlist=playlist).values_list("order", flat=True)) == list(range(6))
    assert Playlist.objects.filter(owner=bob, kind="later").count() == 1


def test_a_feed_holds_what_everybody_finds_those_added_last_first(alice: User, charlie: User) -> None:
    playlist, videos = filled(alice, "abcd", privacy="public", about="Warm & dry")
    hidden = [
        ready(alice, f"hidden {privacy}", privacy=privacy) for privacy in ("unlisted", "private", "password", "people")
    ]
    for video in hidden:
        actions.add(playlist, video)
    actions.move(playlist, playlist.items.get(video=videos[0]).pk, 2)
    address = to("playlist-feed", playlist)
    for viewer in (None, alice, charlie):
        answer = signed_in(viewer).get(address)
        tree = ElementTree.fromstring(answer.content)
        assert [item.findtext("title") for item in tree.iter("item")] == ["d", "c", "b", "a"]
        assert tree.findtext("channel/description") == "Warm & dry"
        assert viewer or "public" in answer.headers["Cache-Control"]
        assert address in signed_in(viewer).get(to("playlist", playlist)).content.decode()


@pytest.mark.parametrize("privacy", ["unlisted", "people", "private"])
def test_a_feed_is_there_for_whom_the_playlist_is(alice: User, bob: User, privacy: str) -> None:
    playlist, _videos = filled(alice, "a", privacy=privacy)
    playlist.people.add(bob)
    for viewer in (None, alice, bob):
        answer = signed_in(viewer).get(to("playlist-feed", playlist))
        assert answer.status_code == (200 if privacy == "unlisted" else 404)
    shown = to("playlist-feed", playlist) in signed_in(alice).get(to("playlist", playlist)).content.decode()
    assert shown == (privacy == "unlisted")
    if privacy == "unlisted":
        assert "no-store" in signed_in(None).get(to("playlist-feed", playlist)).headers["Cache-Control"]
