"""Videos found by what is said in them, and only by those who may watch them."""

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client

from meatlizard.accounts.models import User
from tests.video.rows import ready
from video.captions import actions as captions
from video.captions.cues import Cue
from video.library import searching
from video.library.searching import Wish
from video.library.words import make, unhook
from video.models import Captions, CaptionWords, Video, VideoPerson

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
SAID = ["Welcome to the terrarium", "A café for iguanas", "Iguanas bask on <b>warm</b> stones", "Goodbye"]


def spoken(owner: User, title: str = "Film", rows: list[str] | None = None, label: str = "", **more: object) -> Video:
    video = ready(owner, title, **{"duration": 200.0, **more})
    say(video, rows or SAID, label)
    return video


def say(video: Video, rows: list[str], label: str = "") -> Captions:
    cues = [Cue(40_000 * at, 40_000 * at + 3_000, text) for at, text in enumerate(rows)]
    return captions.add(video, "en", label, cues)


def found(viewer: User, query: str, **more: str) -> dict[str, str]:
    """Titles, and the moments at which it is said."""
    finds = searching.find(viewer, Wish.read(query, **more))
    assert finds.total == len(finds.videos)
    return {row.title: finds.said[row.pk].clock if row.pk in finds.said else "" for row in finds.videos}


def test_a_video_is_found_by_what_is_said_and_leads_there(client: Client, alice: User, bob: User) -> None:
    video = spoken(alice)
    assert found(bob, "iguanas warm") == {"Film": "1:20"} and found(bob, "CAFÉ") == {"Film": "0:40"}
    # PostgreSQL tells letters with accents from those without.
    assert found(bob, "CAFE") == ({"Film": "0:40"} if connection.vendor == "sqlite" else {})
    assert found(bob, "terrar") == {"Film": "0:00"} and found(bob, "zebra") == {}
    page = client.get("/videos/search/?q=warm+iguanas").content.decode()
    assert f'href="/v/{video.slug}/?t=80"' in page and "Said at 1:20" in page
    assert "<mark>Iguanas</mark> bask on <mark>warm</mark> stones" in page


def test_what_is_about_it_comes_before_what_is_said_in_it(alice: User) -> None:
    spoken(alice, "Newest")
    spoken(alice, "Iguanas", ["Nothing of that kind"])
    assert list(found(alice, "iguanas")) == ["Iguanas", "Newest"] and found(alice, "iguanas")["Iguanas"] == ""
    assert list(found(alice, "iguanas", order="new")) == ["Iguanas", "Newest"]
    Video.objects.filter(title="Newest").update(views=7)
    assert list(found(alice, "iguanas", order="views")) == ["Newest", "Iguanas"]


@pytest.mark.parametrize("privacy", ["unlisted", "private", "password", "people"])
def test_nobody_learns_what_is_said_where_they_may_not_watch(
    client: Client, alice: User, charlie: User, privacy: str
) -> None:
    video = spoken(alice, privacy=privacy, password=make_password("opensesame"))
    assert found(charlie, "iguanas") == {} and found(alice, "iguanas") == {"Film": "0:40"}
    assert "Film" not in client.get("/videos/search/?q=iguanas").content.decode()
    VideoPerson.objects.create(video=video, user=charlie)
    assert found(charlie, "iguanas") == ({"Film": "0:40"} if privacy == "people" else {})


def test_what_changes_and_goes_is_found_as_it_is_now(alice: User) -> None:
    video = spoken(alice)
    row = Captions.objects.get()
    captions.save(row, row.edition, [[5_000, 6_000, "Only geckos", ""]])
    assert found(alice, "iguanas") == {} and found(alice, "geckos") == {"Film": "0:05"}
    say(video, SAID, "Second")
    assert found(alice, "iguanas") == {"Film": "0:40"}
    Captions.objects.filter(label="Second").update(state=Captions.State.HEARING)
    assert found(alice, "iguanas") == {}
    video.delete()
    assert found(alice, "geckos") == {} and not CaptionWords.objects.exists()


def test_captions_from_before_are_found_after_the_next_migration(alice: User) -> None:
    unhook("default")
    spoken(alice)
    assert found(alice, "iguanas") == {}
    make("default")
    assert found(alice, "iguanas") == {"Film": "0:40"}


def test_hostile_captions_are_text(client: Client, alice: User) -> None:
    spoken(alice, rows=["<script>alert(1)</script> needle", "needle --> \u202e &lt;img&gt;"])
    page = client.get("/videos/search/?q=needle").content.decode()
    assert "<script>alert(1)" not in page and "<img>" not in page and "<mark>needle</mark>" in page
