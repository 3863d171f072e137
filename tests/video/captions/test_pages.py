"""Captions at their addresses: for viewers, for owners, and for nobody else."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from tests.video.rows import ready
from video.captions import actions
from video.captions.cues import Cue
from video.hls import captions as texts
from video.models import Captions, Video

pytestmark = pytest.mark.django_db
SAID = [
    Cue(1_000, 2_000, "Hello <b>lizards</b>"),
    Cue(3_000, 4_000, "Warm &lt;stones&gt;"),
    Cue(4_000, 5_000, "Warm &lt;stones&gt;"),
]


@pytest.fixture
def video(alice: User) -> Video:
    return ready(alice)


@pytest.fixture
def captions(video: Video) -> Captions:
    return actions.add(video, "en", "", SAID)


def at(name: str, captions: Captions) -> str:
    return reverse(f"video:{name}", args=[captions.video.slug, captions.pk])


def test_viewers_get_them_as_files(client: Client, captions: Captions) -> None:
    answer = client.get(at("captions_vtt", captions))
    assert answer["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.content.decode().startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello <b>lizards</b>\n")
    assert answer["X-Content-Type-Options"] == "nosniff"
    answer = client.get(at("captions_srt", captions))
    assert answer["Content-Disposition"] == 'attachment; filename="en.srt"'
    assert "00:00:03,000 --> 00:00:04,000\nWarm <stones>" in answer.content.decode()


def test_viewers_search_in_what_is_said_and_jump_there(client: Client, captions: Captions) -> None:
    page = client.get(at("transcript", captions)).content.decode()
    assert f'href="/v/{captions.video.slug}/?t=1.0" data-seek="1.0"' in page
    assert page.count("Warm &lt;stones&gt;") == 1, "what was said before is not read twice"
    found = client.get(at("transcript", captions), {"q": "WARM stones", "part": ""}).content.decode()
    assert "Warm" in found and "Hello" not in found and "<html" not in found
    assert "Nothing like that" in client.get(at("transcript", captions), {"q": "nowhere"}).content.decode()


def test_the_player_is_told_of_those_that_say_something(client: Client, captions: Captions) -> None:
    actions.add(captions.video, "de", "", source=Captions.Source.WRITTEN)
    told = client.get(f"/v/{captions.video.slug}/player").json()["captions"]
    assert told == [
        {
            "id": str(captions.pk), "label": "English", "language": "en", "default": False,
            "src": f"{at('captions_vtt', captions)}?1",
        }
    ]  # fmt: skip


def test_players_of_their_own_find_them_in_the_stream(captions: Captions) -> None:
    (found,) = texts.of(captions.video)
    assert (found.key, found.label, found.language) == (str(captions.pk), "English", "en")
    assert "Hello <b>lizards</b>" in (texts.text(captions.video, found.key) or "")
    assert texts.text(captions.video, "00000000-0000-0000-0000-000000000000") is None


def test_the_transcript_stands_beside_the_player(client: Client, captions: Captions) -> None:
    here = f"/v/{captions.video.slug}/"
    assert at("transcript", captions) in client.get(here).content.decode()
    actions.remove(captions)
    assert "data-transcript" not in client.get(here).content.decode()


def test_the_transcript_begins_with_the_language_of_the_video(client: Client, captions: Captions) -> None:
    video = captions.video
    other = actions.add(video, "de", "Deutsch", actions.cues_of(captions))

    def chosen() -> str:
        page = client.get(f"/v/{video.slug}/").content.decode()
        return page.partition(" selected>")[0].rpartition('value="')[2].rstrip('"')

    Video.objects.filter(pk=video.pk).update(language="en")
    assert chosen() == at("transcript", captions)
    actions.describe(other, language="de", label="Deutsch", default=True)
    assert chosen() == at("transcript", other)


READ = ("captions_vtt", "captions_srt", "transcript")
WRITE = ("captions", "captions_edit", "captions_describe", "captions_replace", "captions_delete", "captions_hear")


def address(name: str, captions: Captions) -> str:
    if name in ("captions", "captions_hear"):
        return reverse(f"video:{name}", args=[captions.video.slug])
    return at(name, captions)


@pytest.mark.parametrize("privacy", ["private", "people"])
@pytest.mark.parametrize("name", [*READ, *WRITE])
def test_strangers_find_none_of_a_private_video(
    client: Client, alice: User, charlie: User, privacy: str, name: str
) -> None:
    captions = actions.add(ready(alice, privacy=privacy), "en", "", SAID)
    for guest in (True, False):
        if not guest:
            client.force_login(charlie)
        for way in (client.get, client.post):
            status = way(address(name, captions)).status_code
            assert status in ({302, 405} if guest and name in WRITE else {404, 405}), (guest, way, status)
    assert Captions.objects.count() == 1


@pytest.mark.parametrize("name", WRITE)
def test_who_may_watch_may_not_write(client: Client, charlie: User, captions: Captions, name: str) -> None:
    client.force_login(charlie)
    assert client.post(address(name, captions)).status_code == 403
    client.logout()
    answer = client.post(address(name, captions))
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]


def test_captions_of_one_video_are_not_reached_through_another(client: Client, alice: User, captions: Captions) -> None:
    client.force_login(alice)
    other = ready(alice)
    for name in (*READ, "captions_edit", "captions_delete"):
        assert client.get(reverse(f"video:{name}", args=[other.slug, captions.pk])).status_code == 404


def sent(data: bytes, name: str = "said.srt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_an_owner_adds_a_file(client: Client, alice: User, video: Video) -> None:
    client.force_login(alice)
    here = reverse("video:captions", args=[video.slug])
    file = sent(b"1\n00:00:01,000 --> 00:00:02,000\n<script>alert(1)</script>Hi\n")
    assert client.post(here, {"language": "pt-br", "file": file}).status_code == 302
    row = Captions.objects.get()
    assert (row.language, row.label, row.text) == ("pt-BR", "Português brasileiro", "alert(1)Hi")
    page = client.get(here).content.decode()
    assert "Português brasileiro" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"language": "en", "file": b"no captions"}, "no file of captions"),
        ({"language": "", "file": b""}, "Write the language as its short name"),
        ({"language": 'en" onmouseover=x'}, "Write the language as its short name"),
        ({"language": "en", "label": "English"}, "already"),
    ],
)
def test_what_cannot_be_added_is_refused_in_words(
    client: Client, alice: User, captions: Captions, fields: dict[str, Any], said: str
) -> None:
    client.force_login(alice)
    if "file" in fields:
        fields = {**fields, "file": sent(fields["file"])}
    answer = client.post(reverse("video:captions", args=[captions.video.slug]), fields)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Captions.objects.count() == 1


def test_an_owner_edits_them(client: Client, alice: User, captions: Captions) -> None:
    client.force_login(alice)
    assert b"Hello" in client.get(at("captions_edit", captions)).content
    cues = [[5_000, 6_000, "later", ""], [0, 1_500, "<i>first</i><img src=x>", "line:0 onclick:x"]]
    body = json.dumps({"edition": 1, "cues": cues})
    answer = client.post(at("captions_edit", captions), body, content_type="application/json")
    assert answer.json() == {"edition": 2}
    captions.refresh_from_db()
    assert captions.cues == [[0, 1_500, "<i>first</i>", "line:0"], [5_000, 6_000, "later"]]
    assert captions.text == "first\nlater"
    # A second window, which still has the first edition, loses nothing of either.
    answer = client.post(
        at("captions_edit", captions), body, content_type="application/json", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 409
    assert (
        client.post(at("captions_edit", captions), {"text": "WEBVTT\n\n00:01.000 --> 00:02.000\nplain"}).status_code
        == 302
    )
    captions.refresh_from_db()
    assert (captions.text, captions.edition) == ("plain", 3)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"edition": true, "cues": []}', b'{"edition": 1}', b'{"edition": 1, "cues": [1]}',
        b'{"edition": 1, "cues": [[0, 1]]}', b'{"edition": 1, "cues": [[0, 1, 2]]}', b'{"edition": 1, "cues": [[1, 0, "x"]]}',
        b'{"edition": 1, "cues": [[0, 1e99, "x"]]}', b'{"edition": 1, "cues": [[true, 2, "x"]]}', b'{"edition": 1, "cues": [[-5, 2, "x"]]}',
    ],
)  # fmt: skip
def test_garbage_changes_nothing(client: Client, alice: User, captions: Captions, body: bytes) -> None:
    client.force_login(alice)
    answer = client.post(at("captions_edit", captions), body, content_type="application/json")
    assert answer.status_code == 400
    captions.refresh_from_db()
    assert captions.edition == 1


def test_one_is_shown_by_itself(client: Client, alice: User, captions: Captions) -> None:
    other = actions.add(captions.video, "de", "", SAID)
    client.force_login(alice)
    for row, label in ((captions, "English"), (other, "Deutsch")):
        fields = {"language": row.language, "label": label, "default": "on"}
        assert client.post(at("captions_describe", row), fields).status_code == 302
    assert list(Captions.objects.filter(default=True)) == [other]
    with pytest.raises(Invalid):
        actions.describe(other, language="de", label="English", default=False)


def test_they_are_replaced_and_deleted(client: Client, alice: User, captions: Captions) -> None:
    client.force_login(alice)
    file = sent(b"WEBVTT\n\n00:01.000 --> 00:02.000\nnew\n", "new.vtt")
    assert client.post(at("captions_replace", captions), {"file": file}).status_code == 302
    captions.refresh_from_db()
    assert captions.text == "new"
    assert client.post(at("captions_replace", captions)).status_code == 400
    assert client.get(at("captions_delete", captions)).status_code == 200
    assert client.post(at("captions_delete", captions)).status_code == 302
    assert not Captions.objects.exists()


def test_a_video_has_only_so_many(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST", 1)
    actions.add(video, "en", "")
    with pytest.raises(LimitReached):
        actions.add(video, "de", "")
