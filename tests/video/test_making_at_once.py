"""Several hands on one video: who takes a step, and what its owner, the upkeep and deletions do meanwhile."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs import worker
from meatlizard.jobs.models import Job
from meatlizard.storage.actions import used_by
from tests.services.programs import wait_until
from tests.video import rows
from tests.video.making import blob_of
from video import actions as videos
from video import addresses
from video.library import thumbnails
from video.making import actions, ending, keeping, steps, upkeep, working
from video.media import pictures
from video.models import Rendition, Step, Video

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def in_this_thread(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    settings.MAKING_DIR = tmp_path / "making"


def under_way(owner: User, waiting: int = 1, **more: Any) -> Video:
    """Being made, with so many steps that nobody has been asked for."""
    video = rows.ready(owner, state=Video.State.MAKING, **more)
    Step.objects.bulk_create(
        Step(video=video, place=video.place, kind=Step.Kind.CHUNK, order=order) for order in range(waiting)
    )
    return video


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.both_databases
def test_of_two_workers_at_the_same_moment_one_takes_the_step(alice: User) -> None:
    step = under_way(alice).steps.get()

    def take() -> Step | None:
        try:
            return steps.take(step.pk, "second")
        finally:
            connections.close_all()

    if connection.vendor != "postgresql":
        # It has one writer at a time, so that they come one after the other.
        assert [steps.take(step.pk, "first") is None, steps.take(step.pk, "second") is None] == [False, True]
        return
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            assert steps.take(step.pk, "first") is not None
            second = other.submit(take)
            wait_until(somebody_waits, "the second waits for the first", 30)
        assert second.result(30) is None
    step.refresh_from_db()
    assert (step.job, step.epoch, step.attempts) == ("first", 1, 1)


def test_the_ledger_is_locked_last_when_an_original_goes(alice: User) -> None:
    video = videos.draft(alice)
    actions.begin(video, blob_of(b"a film"), "film.mp4")
    with (
        CaptureQueriesContext(
            connection,
        ) as asked,
        transaction.atomic(),
    ):
        ending.drop_original(video)
    changed = [one["sql"].split('"')[1] for one in asked.captured_queries if one["sql"].startswith("UPDATE")]
    assert changed == ["files_blob", "video_video", "storage_storageuse"]
    assert used_by(alice) == 0


@pytest.mark.parametrize("verb", [actions.retry, actions.make_anew])
def test_what_lies_in_the_trash_is_not_made(alice: User, verb: Callable[[Video], object]) -> None:
    video = videos.draft(alice)
    actions.begin(video, blob_of(b"a film"), "film.mp4")
    videos.trash(video)
    Job.objects.all().delete()
    with pytest.raises(Invalid) as refusal:
        verb(video)
    assert refusal.value.code == "in_trash"
    video.refresh_from_db()
    assert video.state == "cancelled"
    assert not Job.objects.exists()
    videos.restore(video)
    verb(video)
    assert Job.objects.count() == 1


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (32, 18), "red").save(out, "PNG")
    out.seek(0)
    return out


def test_frames_that_come_while_the_owner_gives_a_picture_are_kept(alice: User) -> None:
    shown = rows.ready(alice)
    ending.note_frames(Video.objects.get(pk=shown.pk), ["frame-0-1.jpg", "frame-1-1.jpg", "frame-2-1.jpg"])
    assert shown.thumbnail is None, "the page was opened before"
    thumbnails.give(shown, picture())
    row = Video.objects.get(pk=shown.pk)
    assert thumbnails.names_of(row)[:3] == ["frame-0-1.jpg", "frame-1-1.jpg", "frame-2-1.jpg"]
    assert row.thumbnail is not None
    given = row.thumbnail["chosen"]
    assert given.startswith("upload-")
    assert shown.thumbnail == row.thumbnail
    thumbnails.choose(shown, "frame-0-1.jpg")
    ending.note_frames(Video.objects.get(pk=shown.pk), ["frame-0-2.jpg"])
    with pytest.raises(Invalid):
        thumbnails.choose(shown, "frame-1-1.jpg")
    assert thumbnails.names_of(Video.objects.get(pk=shown.pk)) == ["frame-0-2.jpg", given]


@pytest.mark.parametrize("own", [True, False])
def test_made_anew_it_names_no_picture_that_is_gone(alice: User, own: bool) -> None:
    video = videos.draft(alice)
    actions.begin(video, blob_of(b"a film"), "film.mp4")
    ending.note_frames(video, ["frame-0-1.jpg"])
    if own:
        thumbnails.give(video, picture())
    Video.objects.filter(pk=video.pk).update(state=Video.State.READY)
    actions.make_anew(video)
    named = [name for name in thumbnails.names_of(video) if thumbnails.opened(video, name).read()]
    assert len(named) == own
    assert bool(addresses.picture(video)) == own


def test_what_was_stored_for_a_video_that_goes_meanwhile_goes_too(
    alice: User, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    video = under_way(alice)
    Step.objects.update(kind=Step.Kind.PICTURES, number=1)
    mine = steps.take(Step.objects.get().pk, "me")
    assert mine is not None
    (tmp_path / "0.jpg").write_bytes(b"a sheet")
    board = pictures.Storyboard(1.0, 160, 90, 10, 10, 1, ["0.jpg"])
    keep = keeping.keep
    kept = []

    def goes(*args: Any, **kwargs: Any) -> str:
        kept.append(keep(*args, **kwargs))
        actions.cancel(video)
        return kept[-1]

    monkeypatch.setattr(pictures, "storyboard", lambda *_args, **_kwargs: board)
    monkeypatch.setattr(working, "_plan", lambda _step: None)
    monkeypatch.setattr(keeping, "keep", goes)
    with pytest.raises(steps.Lost):
        working._storyboard(steps.Holder(mine), tmp_path / "film.mp4", tmp_path)
    assert kept == [video.storage_name("storyboard/0-1.jpg")]
    assert not default_storage.exists(kept[0])


@pytest.mark.both_databases
def test_sheets_and_frames_that_a_killed_worker_left_are_tidied(alice: User) -> None:
    video = rows.ready(alice)
    ending.note_storyboard(video, {"sheets": ["0-2.jpg"]})
    ending.note_frames(video, ["frame-0-2.jpg"])
    names = ["storyboard/0-2.jpg", "thumbnail/frame-0-2.jpg", "storyboard/0-1.jpg", "thumbnail/frame-0-1.jpg"]
    for name in names:
        default_storage.save(video.storage_name(name), ContentFile(b"a picture"))
    ending.tidy(Video.objects.get(pk=video.pk))
    assert [default_storage.exists(video.storage_name(name)) for name in names] == [True, True, False, False]


@pytest.mark.both_databases
def test_upkeep_leaves_alone_what_goes_on_by_itself(alice: User) -> None:
    for number in range(5):
        busy = under_way(alice, waiting=steps.AT_ONCE + 3, title=f"{number}")
        assert steps.ask(busy) == steps.AT_ONCE
    with CaptureQueriesContext(connection) as asked:
        assert upkeep.go_on() == 0
    assert len(asked) <= 4
    idle = under_way(alice)
    assert upkeep.go_on() == 1
    assert idle.steps.get().asked is not None


def test_of_what_failed_nobody_waits_for_more(alice: User) -> None:
    from video.hls import reading

    video = under_way(alice)
    row = Rendition.objects.create(video=video, place=video.place, name="240p", kind="video", codec="h264")
    for number, state in enumerate(["made", "waiting"]):
        row.parts.create(
            number=number, start=4 * number, duration=4, init_size=100, segments=[[100, 900, 4.0]], state=state
        )
    assert "ENDLIST" not in reading.playlist(video, "240p").text
    actions.fail(video, video.place, "broken")
    video.refresh_from_db()
    said = reading.playlist(video, "240p")
    assert said.text.count("#EXTINF") == 1
    assert said.text.endswith("#EXT-X-ENDLIST\n")
    assert not said.final, "it goes on with another try"


@pytest.mark.both_databases
def test_a_rendition_says_what_its_dearest_part_asks(alice: User) -> None:
    video = under_way(alice)
    row = Rendition.objects.create(video=video, place=video.place, name="240p", kind="video", codec="h264")
    for number, (codecs, peak) in enumerate([("avc1.640028", 5e9), ("avc1.42c01f", 1e6)]):
        row.parts.create(number=number, start=0, duration=4, size=1_000, segments=[[0, 1_000, 4.0]], state="made")
        ending.count(row, SimpleNamespace(codecs=codecs, peak=peak))
    row.refresh_from_db()
    assert (row.codecs, row.bandwidth, row.average, row.ended) == ("avc1.640028", 2**31 - 1, 2_000, True)
