"""A video made where contents lie in a bucket: all it needs comes from there, and all that is made goes there."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.jobs import worker
from meatlizard.jobs.models import Job
from tests.services.programs import free_port
from tests.services.s3 import BUCKET, S3Server, s3_server
from tests.video import hls_checker
from tests.video.clips import WITH_FFMPEG, Clips, clips
from tests.video.making import begun, made, work
from tests.video.stream_rows import get
from video import actions as videos
from video import addresses, removing
from video.making import keeping, progress, sources, upkeep
from video.making.jobs import TRIES
from video.models import Video

pytestmark = [pytest.mark.django_db(transaction=True), WITH_FFMPEG]
__all__ = ["clips"]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    if not s3.program.running:
        s3.start()
    s3.empty()
    there = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3.options()}
    settings.STORAGES = {**settings.STORAGES, "default": there, "s3": there}
    settings.STORAGE, settings.MAKING_DIR = "s3", tmp_path / "making"
    return s3


def there(bucket: S3Server, below: str) -> list[str]:
    listed = bucket.client().list_objects_v2(Bucket=BUCKET, Prefix=below)
    return [one["Key"] for one in listed.get("Contents", [])]


def test_all_of_it_comes_from_the_bucket_and_goes_there(
    bucket: S3Server, alice: User, clips: Clips, settings: Any
) -> None:
    video = made(alice, clips("plain"), title="A test", privacy="public")
    assert (video.state, video.error) == (Video.State.READY, "")
    assert not list(settings.MEDIA_ROOT.rglob("*.mp4")), "nothing on this machine's own disk"
    assert not list(sources.folder().iterdir()), "nor the original, once all is made"
    assert {one.rpartition(".")[2] for one in there(bucket, video.folder)} == {"mp4", "jpg"}

    def fetch(name: str) -> bytes:
        answer = get(video, "-", name)
        assert answer.status == 200, name
        return answer.body

    assert hls_checker.check(fetch, "master.m3u8") == []
    picture = Client().get(addresses.picture(video))
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    videos.trash(video)
    Video.objects.update(trashed=timezone.now() - datetime.timedelta(days=31))
    assert removing.empty_trash() == 1
    assert there(bucket, video.folder) == []


def test_while_the_bucket_is_away_it_waits_and_goes_on_by_itself(
    bucket: S3Server, alice: User, clips: Clips, settings: Any
) -> None:
    video = begun(alice, clips("plain"), title="A test", privacy="public")
    work(2)
    before, reachable = there(bucket, ""), settings.STORAGES
    # The server of the suite forgets what it has when it stops, so the site is shown a port where nobody is.
    nobody = {**reachable["default"], "OPTIONS": bucket.options() | {"endpoint_url": f"http://127.0.0.1:{free_port()}"}}
    settings.STORAGES = {**reachable, "default": nobody, "s3": nobody}
    for _ in range(TRIES):
        work()
        Job.objects.update(run_after=timezone.now())
    video.refresh_from_db()
    assert (video.state, video.error) == (Video.State.FAILED, "storage_unreachable")
    assert "storage" in progress.state(video)["error"]
    keeping.delete_folder("videos/of/another")
    assert Job.objects.filter(task__endswith="jobs.delete_folder", kwargs={}, args=["videos/of/another"]).exists()
    settings.STORAGES = reachable
    assert upkeep.try_storage() == 0, "not at once"
    Video.objects.update(changed=timezone.now() - datetime.timedelta(minutes=11))
    assert upkeep.try_storage() == 1
    work()
    video.refresh_from_db()
    assert (video.state, video.error) == (Video.State.READY, "")
    assert set(before) <= set(there(bucket, "")), "what was made before is kept"
