"""Recordings of sound alone are listened to as videos are watched, where the site takes them."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.jobs import worker
from tests.files.asking import Asking
from tests.video.clips import WITH_FFMPEG, Clips, clips
from tests.video.making import blob_of, made, work
from video import addresses, player_settings
from video.downloads import actions as downloads
from video.downloads import addresses as files
from video.hls import reading
from video.library import meta
from video.making import progress
from video.models import Download, Video
from video.uploading.actions import of_file

pytestmark = [pytest.mark.django_db(transaction=True), WITH_FFMPEG]
__all__ = ["clips"]


@pytest.fixture(autouse=True)
def in_this_thread(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    settings.MAKING_DIR = tmp_path / "making"


@pytest.fixture
def song(alice: User, clips: Clips) -> Video:
    return made(alice, clips("sound-mp3"), privacy="public", downloads=True)


def test_it_plays_and_has_a_picture(song: Video, client: Client) -> None:
    assert (song.state, song.error, song.progress, song.width) == ("ready", "", 1, None)
    assert song.published is not None
    assert [(row.name, row.kind, row.ended) for row in song.renditions.all()] == [("audio-0", "audio", True)]
    said = reading.playlist(song, "master").text
    assert said.count("#EXT-X-STREAM-INF") == 1 and said.rstrip().endswith("audio-0.m3u8")
    assert reading.playlist(song, "audio-0").final
    answer = client.get(addresses.picture(song))
    assert (answer.status_code, answer["content-type"], answer.content[:2]) == (200, "image/jpeg", b"\xff\xd8")
    page = client.get(addresses.watch(song))
    assert page.status_code == 200
    assert meta.card(song)["width"] > 0
    assert player_settings.of(song, page.wsgi_request)["poster"]


def test_it_is_kept_as_a_file_of_sound(song: Video, alice: User) -> None:
    assert [row.name for row in downloads.offered(song)] == ["audio-0"]
    downloads.ask(song, "audio-0")
    work()
    row = Download.objects.get()
    assert row.state == "ready"
    assert row.file.endswith(".m4a")
    answer = Asking(None).ask("GET", files.file(song, alice, "audio-0"))
    assert (answer.status, answer["content-type"]) == (200, "audio/mp4")
    assert ".m4a" in answer["content-disposition"]
    assert default_storage.open(row.file).read()[4:8] == b"ftyp"


def test_a_site_that_takes_videos_alone_says_so(alice: User, clips: Clips, settings: Any) -> None:
    settings.VIDEO_AUDIO_UPLOADS = False
    song = made(alice, clips("sound-mp3"))
    assert (song.state, song.error) == ("failed", "sound_alone")
    assert "sound alone" in progress.state(song)["error"]


@pytest.mark.parametrize("wanted", [True, False])
def test_of_a_song_in_files_too(alice: User, clips: Clips, settings: Any, wanted: bool) -> None:
    from files.actions import store
    from meatlizard.errors import Invalid

    settings.VIDEO_AUDIO_UPLOADS = wanted
    file = store(alice, None, "song.mp3", blob_of(clips("sound-mp3").read_bytes()))
    signed_in = Client()
    signed_in.force_login(alice)
    if not wanted:
        with pytest.raises(Invalid):
            of_file(alice, file.pk)
        return
    assert of_file(alice, file.pk).state == "waiting"
