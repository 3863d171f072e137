"""Videos to keep: who may, what they get, and how long it is kept."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from files.blobs.trouble import DiskFull, Unreachable
from meatlizard.accounts.models import User
from meatlizard.jobs import actions as jobs
from meatlizard.jobs.models import Job
from tests.files.asking import Answer, Asking
from tests.files.contents import adopted
from tests.video import rows, streams
from tests.video.stream_rows import stored
from tests.video.streams import Stream
from video import access, actions, player_settings
from video.downloads import actions as downloads
from video.making import QUEUE, steps
from video.media import encoding
from video.models import Download, Rendition, Step, Video
from video.serving import rights

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rights_each_time")]


@pytest.fixture
def rights_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rights, "KEEP_SECONDS", 0.0)
    rights.forget()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    return streams.make(tmp_path_factory.mktemp("downloads"))


@pytest.fixture
def video(made: Stream, alice: User) -> Video:
    return stored(made, rows.ready(alice, "A “lizard” / film", duration=11.0, downloads=True))


def page(video: Video, rendition: str, person: User | None = None, **headers: str) -> Any:
    client = Client(headers=headers)
    if person is not None:
        client.force_login(person)
    return client.get(f"/v/{video.slug}/download/{rendition}")


def joined(video: Video, rendition: str = "180p") -> Download:
    row = downloads.ask(video, rendition)
    downloads.join(row.pk)
    row.refresh_from_db()
    return row


def file(address: str, **headers: str) -> Answer:
    from urllib.parse import unquote

    return Asking().ask("GET", unquote(address), **headers)


@pytest.mark.both_databases
def test_one_waits_until_it_is_put_together_and_has_it_then(video: Video, tmp_path: Path) -> None:
    waiting = page(video, "180p")
    assert waiting.status_code == 202
    assert b"being put together" in waiting.content
    told = page(video, "180p", accept="application/json")
    assert (told.status_code, json.loads(told.content)) == (202, {"state": "waiting", "url": None})
    assert joined(video).state == Download.State.READY
    ready = page(video, "180p")
    assert (ready.status_code, ready["cache-control"]) == (302, "private, no-store")
    answer = file(ready["location"])
    assert (answer.status, answer["content-type"], answer["cache-control"]) == (200, "video/mp4", "private, no-store")
    assert answer["content-disposition"].startswith("attachment; ")
    assert "(180p).mp4" in answer["content-disposition"]
    kept = tmp_path / "kept.mp4"
    kept.write_bytes(answer.body)
    told_streams: Any = streams.ffprobe(kept)["streams"]
    assert [(one["codec_name"], one.get("width")) for one in told_streams] == [("h264", 320), ("aac", None)]
    assert abs(float(told_streams[0]["duration"]) - streams.SECONDS) < 0.1
    streams.ffmpeg("-xerror", "-i", kept, "-f", "null", "-")
    assert file(ready["location"], range="bytes=4-7").body == b"ftyp"


@pytest.mark.both_databases
def test_only_where_its_owner_lets_them(video: Video, alice: User, bob: User) -> None:
    joined(video)
    address = page(video, "180p", bob)["location"]
    assert file(address).status == 200
    actions.describe(video, downloads=False)
    assert page(video, "180p", bob).status_code == 403
    assert page(video, "180p").status_code == 403
    assert file(address).status == 403, "an address that was given before"
    assert page(video, "180p", alice).status_code == 302
    assert file(page(video, "180p", alice)["location"]).status == 200


def test_strangers_learn_nothing_of_what_is_not_theirs(video: Video, alice: User, charlie: User) -> None:
    joined(video)
    address = page(video, "180p", charlie)["location"]
    actions.describe(video, privacy="private")
    for person in (charlie, None):
        assert page(video, "180p", person).status_code == 404
    assert file(address).status == 404
    assert file(address.replace("/180p/", "/90p/", 1)).status == 404
    own = page(video, "180p", alice)["location"]
    other = rows.ready(alice, privacy="private")
    assert file(own.replace(video.slug, other.slug)).status == 404
    assert file(own.replace(own.split("/")[5], "-")).status == 404


def test_behind_a_password(video: Video) -> None:
    actions.set_password(video, "open")
    assert page(video, "180p").status_code == 403
    client = Client()
    session = client.session
    session[access.UNLOCKED] = [access.lock(video).unlock("open", "203.0.113.1")]
    session.save()
    joined(video)
    answer = client.get(f"/v/{video.slug}/download/180p", headers={"cookie": f"sessionid={session.session_key}"})
    assert (answer.status_code, file(answer["location"]).status) == (302, 200)
    actions.set_password(video, "another")
    assert file(answer["location"]).status == 404


def test_the_original_is_its_owners(video: Video, alice: User, bob: User) -> None:
    assert page(video, "original", bob).status_code == 403
    video.blob = adopted(b"as it came")
    video.original_name = "../holiday.mov"
    video.save()
    answer = file(page(video, "original", alice)["location"])
    assert (answer.status, answer.body) == (200, b"as it came")
    assert "attachment" in answer["content-disposition"] and "/" not in answer["content-disposition"]
    assert page(video, "original", bob).status_code == 403


@pytest.mark.parametrize("name", ["720p", "audio-0", "90p%2F..", "x" * 200])
def test_what_there_is_not_cannot_be_had(video: Video, name: str) -> None:
    assert page(video, name).status_code == 404
    assert not Download.objects.exists()


def test_what_is_still_being_made_cannot_be_had(made: Stream, alice: User) -> None:
    video = stored(made, rows.ready(alice, downloads=True), parts=1)
    assert page(video, "180p").status_code == 404


def test_a_player_is_told_what_may_be_kept(video: Video, bob: User, rf: Any) -> None:
    request = rf.get("/")
    request.user, request.session = bob, {}
    told = player_settings.of(video, request)["downloads"]
    assert [one["url"].rpartition("/")[2] for one in told] == ["180p", "90p"]
    video.downloads = False
    assert player_settings.of(video, request)["downloads"] == []


def test_what_is_broken_is_said_and_tried_again_later(video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    row = downloads.ask(video, "180p")
    default_storage.delete(Rendition.objects.get(video=video, name="180p").parts.get(number=1).storage_name)
    downloads.join(row.pk)
    failed = page(video, "180p")
    assert b"could not be put together" in failed.content
    assert json.loads(page(video, "180p", accept="application/json").content)["state"] == "failed"
    monkeypatch.setattr(downloads, "AGAIN", datetime.timedelta(0))
    assert downloads.ask(video, "180p").state == Download.State.WAITING


@pytest.mark.both_databases
def test_of_two_jobs_one_file_stays(video: Video, settings: Settings) -> None:
    row = downloads.ask(video, "90p")
    real = encoding.joined

    def beaten(*given: Any) -> None:
        real(*given)
        Download.objects.filter(pk=row.pk).update(state=Download.State.READY, file="videos/first.mp4")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "joined", beaten)
        downloads.join(row.pk)
    row.refresh_from_db()
    assert row.file == "videos/first.mp4"
    assert not list(Path(settings.MEDIA_ROOT).rglob("downloads/*.mp4"))


@pytest.mark.both_databases
def test_it_goes_when_nobody_has_asked_for_days(video: Video) -> None:
    row = joined(video, "90p")
    assert downloads.sweep() == 0
    Download.objects.filter(pk=row.pk).update(used=timezone.now() - downloads.KEPT - datetime.timedelta(minutes=1))
    assert downloads.sweep() == 1
    assert not default_storage.exists(row.file)
    assert page(video, "90p").status_code == 202, "and is put together again"


def test_it_is_put_together_where_there_is_room_for_such_things(
    video: Video, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAKING_DIR = tmp_path / "making"
    seen = []
    put = encoding.joined

    def looked_at(parts: Any, sounds: Any, out: Path, **more: Any) -> None:
        seen.append(out.parent.parent)
        put(parts, sounds, out, **more)

    monkeypatch.setattr(encoding, "joined", looked_at)
    assert joined(video).state == "ready"
    assert seen == [settings.MAKING_DIR]
    assert not list(settings.MAKING_DIR.iterdir())


@pytest.mark.parametrize("trouble", [DiskFull, Unreachable])
def test_a_full_disk_is_said_at_once(video: Video, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]) -> None:
    """Not after the hour in which a job might still be at it."""

    def none(*_args: Any) -> None:
        raise trouble

    monkeypatch.setattr(downloads, "spare", none)
    assert joined(video).state == "failed"
    assert not default_storage.exists(f"{video.folder}/{video.place.hex}/downloads")


def test_who_waits_for_a_file_does_not_wait_for_the_last_sizes_of_others(video: Video, bob: User) -> None:
    other = rows.ready(bob, state=Video.State.MAKING, duration=30.0)
    Step.objects.create(video=other, place=other.place, kind=Step.Kind.CHUNK, order=1)
    assert steps.ask(other) == 1
    Job.objects.update(rank=F("rank") - 20 * 60_000)  # asked for 20 minutes ago
    downloads.ask(video, "180p")
    first = jobs.claim("w1", QUEUE)
    assert first is not None
    assert first.task.endswith("join_download")
