"""One's own videos: seen, changed one by one and together, and taken back."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from meatlizard.accounts.models import User
from tests.video.rows import category, ready
from video import actions, channels
from video.library import thumbnails
from video.models import Category, Video

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def music(db: None) -> Category:
    return category("music")


FIELDS = {
    "title": "Basking", "description": "0:00 A", "tags": "Sun, #Stone", "channel": "alice", "category": "music", "language": "pt-BR",
    "privacy": "public", "password": "", "people": "", "embed": "anywhere", "embed_hosts": "", "comments": "held",
}  # fmt: skip


def undo_of(answer: Any) -> str:
    return str(answer.headers["Location"]).partition("undo=")[2]


@pytest.fixture
def three(alice: User) -> list[Video]:
    rows = [ready(alice, f"Lizard {n}", privacy="private") for n in range(3)]
    actions.set_tags(rows[0], ["old", "kept"])
    return rows


def state(rows: list[Video]) -> list[tuple[Any, ...]]:
    fresh = Video.objects.filter(pk__in=[row.pk for row in rows]).order_by("title")
    return [
        (row.privacy, row.category_id, row.channel_id, row.trashed is None, sorted(row.tags.values_list("name", flat=True)))
        for row in fresh
    ]  # fmt: skip


def test_several_are_changed_at_once_and_are_as_they_were_again(
    client: Client, alice: User, three: list[Video]
) -> None:
    client.force_login(alice)
    channels.create(alice, "savanna", "Savanna")
    before = state(three)
    asked = {
        "videos": [row.slug for row in three[:2]], "privacy": "unlisted", "category": "music", "channel": "savanna",
        "add_tags": "Sun", "remove_tags": "old",
    }  # fmt: skip
    answer = client.post("/videos/mine/change/", asked)
    after = state(three)
    assert [row[:2] for row in after] == [("unlisted", category("music").pk)] * 2 + [("private", None)]
    assert after[0][4] == ["kept", "sun"] and after[1][4] == ["sun"] and after[2] == before[2]
    assert client.post("/videos/mine/undo/", {"undo": undo_of(answer)}).status_code == 302
    assert state(three) == before
    assert client.post("/videos/mine/undo/", {"undo": undo_of(answer)}).status_code == 404


def test_what_is_deleted_comes_back_by_undo_and_from_the_trash(client: Client, alice: User, three: list[Video]) -> None:
    client.force_login(alice)
    chosen = {"videos": [row.slug for row in three], "delete": "1"}
    answer = client.post("/videos/mine/change/", chosen)
    assert not Video.objects.filter(trashed=None).exists()
    assert client.get(f"/v/{three[0].slug}/").status_code == 404
    assert "Lizard 0" in client.get("/videos/mine/?state=trash").content.decode()
    assert "Lizard 0" not in client.get("/videos/mine/").content.decode()
    client.post("/videos/mine/restore/", {"slug": three[0].slug})
    assert Video.objects.filter(trashed=None).count() == 1
    client.post("/videos/mine/undo/", {"undo": undo_of(answer)})
    assert Video.objects.filter(trashed=None).count() == 3


def test_nobody_changes_what_is_another_persons(client: Client, alice: User, charlie: User, three: list[Video]) -> None:
    shown = ready(alice, "For all")
    before = state(three)
    for videos in ([three[0].slug], [shown.slug], ["A" * 22]):
        client.force_login(charlie)
        mine = ready(charlie, "Mine", privacy="private")
        asked = {"videos": [mine.slug, *videos], "privacy": "public"}
        assert client.post("/videos/mine/change/", asked).status_code == 404
        assert Video.objects.get(pk=mine.pk).privacy == "private", "all of them or none"
    assert client.post("/videos/mine/change/", {"videos": [mine.slug], "channel": "alice"}).status_code == 400
    assert client.post("/videos/mine/restore/", {"slug": three[0].slug}).status_code == 404
    client.force_login(alice)
    token = undo_of(client.post("/videos/mine/change/", {"videos": [three[1].slug], "privacy": "public"}))
    client.force_login(charlie)
    assert client.post("/videos/mine/undo/", {"undo": token}).status_code == 404
    assert state(three) != before
    client.logout()
    for path in ("", "change/", "undo/", "restore/"):
        assert client.post(f"/videos/mine/{path}").status_code in (302, 405)
    assert client.get("/videos/mine/").status_code == 302


@pytest.mark.parametrize(
    "more", [{}, {"privacy": "people"}, {"privacy": "nonsense"}, {"category": "nonsense"}, {"videos": []}]
)
def test_a_change_that_makes_no_sense_is_refused(
    client: Client, alice: User, three: list[Video], more: dict[str, Any]
) -> None:
    client.force_login(alice)
    before = state(three)
    assert client.post("/videos/mine/change/", {"videos": [three[0].slug]} | more).status_code == 400
    assert state(three) == before


def test_the_list_is_searched_and_filtered(client: Client, alice: User, three: list[Video]) -> None:
    ready(alice, "Gecko", state=Video.State.FAILED)
    client.force_login(alice)
    for query, seen in (
        ("q=gecko", ["Gecko"]),
        ("state=failed", ["Gecko"]),
        ("privacy=private", ["Lizard"]),
        ("state=making", []),
    ):
        text = client.get(f"/videos/mine/?{query}").content.decode()
        assert [word for word in ("Gecko", "Lizard") if f"<bdi>{word}" in text] == seen, query


def test_a_video_is_edited(client: Client, alice: User, bob: User) -> None:
    video = ready(alice, "Before", privacy="private")
    client.force_login(alice)
    assert client.post(f"/v/{video.slug}/edit/", FIELDS | {"privacy": "people", "people": "bob"}).status_code == 302
    video.refresh_from_db()
    assert (video.title, video.privacy, video.language, video.comments) == ("Basking", "people", "pt-BR", "held")
    assert sorted(video.tags.values_list("name", flat=True)) == ["stone", "sun"] and list(video.people.all()) == [bob]
    assert video.category and video.category.slug == "music"
    assert (
        client.post(f"/v/{video.slug}/edit/", FIELDS | {"privacy": "password", "password": "opensesame"}).status_code
        == 302
    )
    hashed = Video.objects.get(pk=video.pk).password
    assert hashed and "opensesame" not in hashed
    assert client.post(f"/v/{video.slug}/edit/", FIELDS | {"privacy": "password"}).status_code == 302
    assert Video.objects.get(pk=video.pk).password == hashed, "an empty one keeps it"
    assert "opensesame" not in client.get(f"/v/{video.slug}/edit/").content.decode()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"title": ""}, "required"), ({"people": "bob, nobody"}, "nobody called nobody"), ({"privacy": "password"}, "Give a password"),
        ({"embed": "hosts", "embed_hosts": "not a host"}, "Name one site"), ({"language": "not a language"}, "valid"),
        ({"channel": "bobs"}, "valid choice"), ({"tags": ",".join(map(str, range(31)))}, "more tags"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_changed(
    client: Client, alice: User, bob: User, more: dict[str, str], said: str
) -> None:
    channels.create(bob, "bobs", "Bob's")
    video = ready(alice, "Before", privacy="private")
    client.force_login(alice)
    answer = client.post(f"/v/{video.slug}/edit/", FIELDS | more)
    assert answer.status_code == 400 and said in answer.content.decode()
    video.refresh_from_db()
    assert (video.title, video.privacy) == ("Before", "private") and not video.tags.exists()


def test_who_only_watches_may_not_edit(client: Client, alice: User, charlie: User) -> None:
    video = ready(alice, "For all")
    for path in ("edit/", "edit/picture/"):
        assert client.post(f"/v/{video.slug}/{path}", FIELDS).status_code == 302, "a guest is asked to sign in"
    client.force_login(charlie)
    assert client.get(f"/v/{video.slug}/edit/").status_code == 403
    assert client.post(f"/v/{video.slug}/edit/picture/", {"name": "x.jpg"}).status_code == 403
    video.refresh_from_db()
    assert video.title == "For all"


def picture(kind: str = "PNG", size: tuple[int, int] = (2000, 1000)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, (9, 200, 90)).save(out, kind)
    return SimpleUploadedFile(f"p.{kind.lower()}", out.getvalue())


def test_a_picture_of_ones_own_is_encoded_anew_and_shown_to_those_who_may_watch(
    client: Client, alice: User, charlie: User
) -> None:
    video = ready(alice)
    client.force_login(alice)
    client.post(f"/v/{video.slug}/edit/picture/", {"picture": picture()})
    video.refresh_from_db()
    first = video.thumbnail["chosen"]  # type: ignore[index]
    answer = client.get(f"/v/{video.slug}/thumbnail/{first}")
    assert answer.status_code == 200 and answer.content[:4] == b"RIFF"
    assert Image.open(io.BytesIO(answer.content)).size == (1280, 640)
    client.post(f"/v/{video.slug}/edit/picture/", {"picture": picture("JPEG")})
    assert client.get(f"/v/{video.slug}/thumbnail/{first}").status_code == 404, "the one before is gone"
    video.refresh_from_db()
    video.thumbnail = (video.thumbnail or {}) | {"frames": ["frame-0.jpg", "frame-1.jpg", "frame-2.jpg"]}
    video.save()
    client.post(f"/v/{video.slug}/edit/picture/", {"name": "frame-2.jpg"})
    video.refresh_from_db()
    assert video.thumbnail["chosen"] == "frame-2.jpg"  # type: ignore[index]
    client.logout()
    assert (
        client.get(f"/v/{video.slug}/thumbnail/{thumbnails.names_of(video)[-1]}")
        .headers["Cache-Control"]
        .startswith("public")
    )


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_picture_changes_nothing(client: Client, alice: User, data: bytes) -> None:
    video = ready(alice)
    client.force_login(alice)
    client.post(f"/v/{video.slug}/edit/picture/", {"picture": SimpleUploadedFile("p.png", data)})
    client.post(f"/v/{video.slug}/edit/picture/", {"name": "../../../etc/passwd"})
    video.refresh_from_db()
    assert not video.thumbnail
