"""Streams on their way out: who gets which, from where, and what caches are told."""

import datetime
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from meatlizard.accounts.models import User
from meatlizard.threads import close_thread_connections
from tests.files.asking import Asking
from tests.services.s3 import S3Server, s3_server
from tests.video import hls_checker, rows, streams
from tests.video.stream_rows import everything, get, statuses, stored
from video import access, actions
from video.hls import captions
from video.hls.playlists import Caption
from video.models import Part, Traffic, Video
from video.serving import rights, tokens
from video.serving.addresses import Stream
from video.serving.tally import Tally, tally
from video.watching.sums import add_traffic

pytestmark = pytest.mark.django_db(transaction=True)

CAPTION = Caption("english", "English", "en", default=True)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> streams.Stream:
    return streams.make(tmp_path_factory.mktemp("streams"))


@pytest.fixture(autouse=True)
def each_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rights are looked at with each request, unless a test says otherwise; each video has one text."""
    monkeypatch.setattr(rights, "KEEP_SECONDS", 0.0)
    monkeypatch.setattr(
        captions,
        "_sources",
        [(lambda video: [CAPTION], lambda video, key: "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")],
    )
    yield
    rights.forget()
    close_thread_connections()


@pytest.fixture
def video(made: streams.Stream, alice: User) -> Video:
    return stored(made, rows.ready(alice, duration=11.0))


# --- who gets it --------------------------------------------------------------------------------------------------------


def test_everybody_has_what_is_public_and_caches_keep_it(video: Video) -> None:
    assert tokens.issue(video, access_nobody()) == "-"
    for name in everything(video):
        answer = get(video, "-", name)
        assert answer.status == 200, name
        assert answer["cache-control"].startswith("public, max-age=")
        assert answer["access-control-allow-origin"] == "*"
        assert "set-cookie" not in answer.headers and "vary" not in answer.headers
        assert answer["cache-control"].endswith("immutable") == name.endswith((".mp4", ".jpg"))


def access_nobody() -> Any:
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()


@pytest.mark.parametrize("privacy", ["unlisted", "private", "password", "people"])
def test_what_is_not_public_is_had_by_a_token_alone(video: Video, alice: User, charlie: User, privacy: str) -> None:
    restrict(video, privacy)
    token = tokens.issue(video, alice)
    for name in everything(video):
        answer = get(video, token, name)
        assert (answer.status, answer["cache-control"]) == (200, "private, no-store"), name
    assert statuses(video, "-") == {404}
    # Not with one's session either, the owner's least of all: what a cache between keeps must not depend on it.
    assert statuses(video, "-", alice) == {404}
    assert statuses(video, "-", charlie) == {404}
    for wrong in ("x", "a:b:c", token[:-1], f"{token}x", token.swapcase()):
        assert get(video, wrong).status == 404, wrong


def restrict(video: Video, privacy: str) -> None:
    if privacy == "password":
        actions.set_password(video, "open")
    else:
        actions.describe(video, privacy=privacy)


def test_a_strangers_token_opens_nothing(video: Video, charlie: User) -> None:
    restrict(video, "private")
    assert statuses(video, tokens.issue(video, charlie)) == {404}
    assert statuses(video, tokens.issue(video, access_nobody())) == {404}


def test_a_token_of_one_video_opens_no_other(video: Video, alice: User, made: streams.Stream) -> None:
    other = stored(made, rows.ready(alice, privacy="unlisted", duration=11.0))
    restrict(video, "unlisted")
    assert statuses(other, tokens.issue(other, alice)) == {200}
    assert statuses(video, tokens.issue(other, alice)) == {404}
    # Nor is a part of the other had below one's own.
    assert get(video, tokens.issue(video, alice), f"{other.place.hex}/90p/0.mp4").status == 404


def test_a_token_ends_with_its_time(video: Video, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    restrict(video, "private")
    token = tokens.issue(video, alice)
    assert statuses(video, token) == {200}
    monkeypatch.setattr(tokens, "LIFE_SECONDS", -1)
    assert statuses(video, token) == {404}


def test_another_password_ends_what_the_old_one_opened(video: Video) -> None:
    restrict(video, "password")
    assert statuses(video, tokens.issue(video, access_nobody())) == {404}
    proof = access.lock(video).unlock("open", "203.0.113.1")
    token = tokens.issue(video, access_nobody(), {proof})
    assert statuses(video, token) == {200}
    actions.set_password(video, "another")
    assert statuses(video, token) == {404}


@pytest.mark.both_databases
@pytest.mark.parametrize("what", ["private", "trash", "removed", "suspended owner", "removed person"])
def test_what_is_withdrawn_ends_at_once(video: Video, alice: User, bob: User, what: str) -> None:
    restrict(video, "people")
    actions.set_people(video, [bob])
    token = tokens.issue(video, bob)
    assert statuses(video, token) == {200}
    if what == "private":
        restrict(video, "private")
    elif what == "trash":
        actions.trash(video)
    elif what == "removed":
        Video.objects.filter(pk=video.pk).update(state=Video.State.REMOVED)
    elif what == "suspended owner":
        User.objects.filter(pk=alice.pk).update(suspended_until=timezone.now() + datetime.timedelta(days=1))
    else:
        actions.set_people(video, [])
    assert statuses(video, token) == {404}


def test_a_viewers_stream_ends_with_their_password_and_their_account(video: Video, bob: User) -> None:
    restrict(video, "people")
    actions.set_people(video, [bob])
    token = tokens.issue(video, bob)
    bob.set_password("another one entirely")
    bob.save()
    assert statuses(video, token) == {404}
    token = tokens.issue(video, bob)
    assert statuses(video, token) == {200}
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert statuses(video, token) == {404}


def test_what_was_public_is_not_given_to_everybody_any_more(video: Video) -> None:
    assert statuses(video, "-") == {200}
    Video.objects.filter(pk=video.pk).update(state=Video.State.REMOVED)
    assert statuses(video, "-") == {404}


def test_rights_are_kept_for_seconds_at_most(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "KEEP_SECONDS", 60.0)
    assert get(video, "-").status == 200
    restrict(video, "private")
    assert get(video, "-").status == 200
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert get(video, "-").status == 404


def test_the_time_that_rights_are_kept() -> None:
    # Read before a fixture changes it: nobody waits longer for what they have withdrawn.
    import importlib.util

    spec = importlib.util.find_spec("video.serving.rights")
    assert spec is not None and spec.origin is not None
    assert "KEEP_SECONDS: Final = 2.0" in Path(spec.origin).read_text()


# --- what it is ---------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_is_served_is_a_stream_without_fault(video: Video) -> None:
    def fetch(name: str) -> bytes:
        answer = get(video, "-", name)
        assert answer.status == 200, name
        return answer.body

    assert hls_checker.check(fetch, "master.m3u8") == []
    assert b'URI="captions/english.m3u8"' in fetch("master.m3u8")
    assert b"english.vtt" in fetch("captions/english.m3u8")


def test_while_it_is_made_the_lowest_alone_is_played(made: streams.Stream, alice: User) -> None:
    video = stored(made, rows.ready(alice, state=Video.State.MAKING, duration=11.0), parts=1)
    master = get(video, "-")
    assert b"90p.m3u8" in master.body and b"180p.m3u8" not in master.body and b"audio-0.m3u8" in master.body
    assert master["cache-control"] == "public, max-age=2"
    growing = hls_checker.media(get(video, "-", "90p.m3u8").body.decode(), "90p.m3u8")
    assert (growing.kind, growing.ended, len(growing.segments), growing.target) == ("EVENT", False, 2, 4)
    assert get(video, "-", f"{video.place.hex}/90p/1.mp4").status == 404
    # A later part that is there before an earlier one has to wait.
    Part.objects.filter(rendition__name="90p", number=0).update(state=Part.State.WAITING)
    assert get(video, "-", "90p.m3u8").status == 404


@pytest.mark.parametrize(
    "name", ["240p.m3u8", "captions/none.m3u8", "captions/none.vtt", "storyboard/1.jpg", "x/90p/0.mp4", "../edit/"]
)
def test_what_is_not_there_is_not_found(video: Video, name: str) -> None:
    assert get(video, "-", name).status == 404
    assert get(video, "-", f"{uuid.uuid4().hex}/90p/0.mp4").status == 404


def test_parts_are_had_in_pieces(video: Video, made: streams.Stream) -> None:
    name, data = f"{video.place.hex}/180p/0.mp4", made.pictures[1].parts[0].path.read_bytes()
    whole = get(video, "-", name)
    assert (whole.body, whole["content-type"], whole["accept-ranges"]) == (data, "video/mp4", "bytes")
    piece = get(video, "-", name, range="bytes=10-19")
    assert (piece.status, piece.body, piece["content-range"]) == (206, data[10:20], f"bytes 10-19/{len(data)}")
    assert get(video, "-", name, range="bytes=10-19", if_range=whole["etag"]).status == 206
    assert get(video, "-", name, range="bytes=10-19", if_range='"another"').status == 200
    assert get(video, "-", name, if_none_match=whole["etag"]).status == 304
    behind = get(video, "-", name, range=f"bytes={len(data)}-")
    assert (behind.status, behind["content-range"], behind["access-control-allow-origin"]) == (
        416,
        f"bytes */{len(data)}",
        "*",
    )
    head = Asking().ask("HEAD", f"/v/{video.slug}/hls/-/{name}")
    assert (head.status, head.body, head["content-length"]) == (200, b"", str(len(data)))
    playlist = get(video, "-", "90p.m3u8")
    assert get(video, "-", "90p.m3u8", if_none_match=playlist["etag"]).status == 304
    assert get(video, "-", f"{video.place.hex}/audio-0/0.mp4")["content-type"] == "audio/mp4"


def test_other_origins_may_ask_and_nobody_may_write(video: Video) -> None:
    answer = Asking().ask("OPTIONS", f"/v/{video.slug}/hls/-/master.m3u8", origin="https://cast.example")
    assert (answer.status, answer["access-control-allow-origin"], answer["access-control-allow-methods"]) == (
        204,
        "*",
        "GET, HEAD",
    )
    assert Asking().ask("POST", f"/v/{video.slug}/hls/-/master.m3u8").status == 405


# --- from where ---------------------------------------------------------------------------------------------------------


def test_the_front_server_sends_parts_on_our_word(video: Video, settings: Settings) -> None:
    settings.FILES_SENT_BY = "x-accel-redirect"
    answer = get(video, "-", f"{video.place.hex}/90p/0.mp4")
    assert answer["x-accel-redirect"] == f"/_blobs/{video.storage_name('90p')}/0-1.mp4"
    assert (answer.body, answer["cache-control"]) == (b"", "public, max-age=86400, immutable")
    restrict(video, "private")
    assert "x-accel-redirect" not in get(video, "-", f"{video.place.hex}/90p/0.mp4").headers


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, settings: Settings) -> S3Server:
    if not s3.program.running:
        s3.start()
    s3.empty()
    there = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3.options()}
    settings.STORAGES = {**settings.STORAGES, "default": there, "s3": there}
    settings.STORAGE = "s3"
    return s3


def test_parts_come_from_a_bucket_through_the_site_or_by_themselves(
    bucket: S3Server, made: streams.Stream, alice: User, settings: Settings
) -> None:
    video = stored(made, rows.ready(alice, duration=11.0))
    data, name = made.pictures[0].parts[0].path.read_bytes(), f"{video.place.hex}/90p/0.mp4"
    assert get(video, "-", name).body == data
    assert get(video, "-", name, range="bytes=5-9").body == data[5:10]
    assert get(video, "-", "storyboard/0.jpg").body == b"a sheet"
    settings.VIDEO_BUCKET_ORIGIN = "https://elsewhere.example"
    assert get(video, "-", name).body == data, "not where the pages' policy does not let a player go"
    settings.VIDEO_BUCKET_ORIGIN = bucket.url
    answer = get(video, "-", name)
    assert (answer.status, answer["cache-control"], answer["access-control-allow-origin"]) == (
        302,
        "private, no-store",
        "*",
    )
    asked = urllib.request.Request(answer["location"], headers={"Range": "bytes=5-9"})
    with urllib.request.urlopen(asked, timeout=20) as found:
        assert (found.status, found.read()) == (206, data[5:10])
    restrict(video, "private")
    assert get(video, "-", name).status == 404


def test_while_the_bucket_is_away_players_are_told_to_come_again(
    bucket: S3Server, made: streams.Stream, alice: User
) -> None:
    video = stored(made, rows.ready(alice, duration=11.0))
    bucket.program.stop()
    for name in (f"{video.place.hex}/90p/0.mp4", "storyboard/0.jpg"):
        answer = get(video, "-", name)
        assert (answer.status, int(answer["retry-after"]) > 0) == (503, True)


def test_a_part_that_was_lost_is_not_found(video: Video) -> None:
    default_storage.delete(f"{video.storage_name('90p')}/0-1.mp4")
    assert get(video, "-", f"{video.place.hex}/90p/0.mp4").status == 404


# --- what is counted ----------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_went_out_is_summed_by_day(video: Video, made: streams.Stream) -> None:
    tally.flush()
    Traffic.objects.all().delete()
    name = f"{video.place.hex}/90p/0.mp4"
    get(video, "-", name)
    get(video, "-", name, range="bytes=0-99")
    Asking().ask("HEAD", f"/v/{video.slug}/hls/-/{name}")
    get(video, "-", name, range="bytes=99999999-")
    assert not Traffic.objects.exists(), "nothing is written with a request"
    tally.flush()
    assert Traffic.objects.get(video=video).bytes == made.pictures[0].parts[0].size + 100
    tally.flush()
    assert Traffic.objects.get(video=video).bytes == made.pictures[0].parts[0].size + 100


@pytest.mark.both_databases
def test_sums_outlive_a_database_that_is_away(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    from video.serving import tally as module

    own = Tally()
    own.add(video.pk, 7)
    own.add(uuid.uuid4(), 9)
    real = add_traffic

    def away(*_sums: Any) -> None:
        raise OSError

    monkeypatch.setattr(module, "add_traffic", away)
    with pytest.raises(OSError):
        own.flush()
    own.add(video.pk, 3)
    monkeypatch.setattr(module, "add_traffic", real)
    own.flush()
    assert [row.bytes for row in Traffic.objects.filter(video=video)] == [10]


# --- what players are told ----------------------------------------------------------------------------------------------


def test_a_player_is_told_where_its_stream_is(video: Video, alice: User, client: Any) -> None:
    from django.urls import reverse

    told = client.get(reverse("video:player", args=[video.slug])).json()
    assert (told["master"], told["storyboard"]) == (
        f"/v/{video.slug}/hls/-/master.m3u8",
        f"/v/{video.slug}/hls/-/storyboard.vtt",
    )
    restrict(video, "private")
    client.force_login(alice)
    told = client.get(reverse("video:player", args=[video.slug])).json()
    assert Asking().ask("GET", told["master"]).status == 200
    assert Stream(video, alice).master.startswith(f"/v/{video.slug}/hls/W")
