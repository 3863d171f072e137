"""A video is made in steps, whatever happens to who makes it."""

import datetime
import errno
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from files.blobs.trouble import DiskFull
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs import actions as jobs
from meatlizard.jobs import worker
from meatlizard.jobs.models import Job
from meatlizard.storage.actions import used_by
from tests.video.clips import WITH_FFMPEG, Clips, clips
from tests.video.making import begun, blob_of, made, work
from video import actions as videos
from video import removing
from video.making import QUEUE, actions, keeping, progress, steps, upkeep, working
from video.models import Part, Rendition, Step, Video

pytestmark = [pytest.mark.django_db(transaction=True), WITH_FFMPEG]
__all__ = ["clips"]


@pytest.fixture(autouse=True)
def in_this_thread(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    settings.MAKING_DIR = tmp_path / "making"


def stored(video: Video) -> set[str]:
    """What lies in the storage for it, below its folder."""
    start = len(video.folder) + 1
    return {name[start:].partition("/")[2] for name in keeping.names_below(video.folder)}


@pytest.mark.both_databases
def test_it_becomes_something_that_plays(alice: User, clips: Clips) -> None:
    clip = clips("plain")
    video = made(alice, clip, title="A test")
    assert (video.state, video.error, video.progress, video.estimate) == ("ready", "", 1, None)
    assert (video.width, video.height, round(video.duration or 0, 1)) == (320, 180, 2.0)
    assert video.playable is not None
    assert video.published is None, "it is private"
    rows = {row.name: row for row in Rendition.objects.all()}
    assert all(row.ended and row.codecs and row.bandwidth and row.size for row in rows.values())
    assert {row.kind for row in rows.values()} == {"video", "audio"}
    for part in Part.objects.select_related("rendition"):
        data = default_storage.open(part.storage_name).read()
        assert (len(data), data[4:8]) == (part.size, b"ftyp")
        assert part.segments[0][0] == part.init_size
    names = stored(video)
    assert {f"storyboard/{name}" for name in (video.storyboard or {})["sheets"]} <= names
    assert {f"thumbnail/{name}" for name in (video.thumbnail or {})["frames"]} <= names
    assert (video.original_size, video.charged, used_by(alice)) == (clip.stat().st_size,) * 3


def test_what_plays_first_is_made_first(alice: User, clips: Clips) -> None:
    video = begun(alice, clips("hd"))
    kinds = []
    while not video.playable:
        assert work(1)
        video.refresh_from_db()
        kinds = list(Step.objects.filter(state="done").order_by("order").values_list("kind", flat=True))
    assert kinds == ["probe", "lowest", "audio"]
    assert video.state == "making"
    assert not Rendition.objects.filter(kind="video").exclude(name="240p").filter(parts__state="made").exists()
    told = progress.state(video)
    assert 0 < told["progress"] < 1
    assert told["playable"]
    work()
    assert set(Rendition.objects.filter(ended=True).values_list("name", flat=True)) >= {"240p", "360p", "480p", "720p"}


def test_others_see_it_once_it_plays(alice: User, clips: Clips) -> None:
    assert made(alice, clips("plain"), privacy="public").published is not None


def test_short_ones_pass_long_ones(alice: User, clips: Clips) -> None:
    long, short = begun(alice, clips("plain")), begun(alice, clips("silent"))
    work(2)
    Video.objects.filter(pk=long.pk).update(duration=7200)
    Job.objects.all().delete()
    for video in (long, short):
        Step.objects.filter(video=video).exclude(state="done").update(asked=None)
        video.refresh_from_db()
        assert steps.ask(video)
    order = [Step.objects.get(pk=job.args[0]) for job in Job.objects.order_by("rank")]
    lasting = [step for step in order if step.kind in ("chunk", "pictures")]
    assert [step.video_id for step in lasting] == sorted(
        (step.video_id for step in lasting), key=lambda pk: pk == long.pk
    )
    assert len(Job.objects.filter(queue=QUEUE)) == len(order)


def test_of_a_long_one_only_some_jobs_wait(alice: User, clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "AT_ONCE", 2)
    video = begun(alice, clips("hd"))
    work(1)
    assert Job.objects.filter(state="queued").count() == 2
    work()
    video.refresh_from_db()
    assert video.state == "ready"


def test_a_worker_that_vanished_costs_its_step_alone(alice: User, clips: Clips) -> None:
    video = begun(alice, clips("plain"))
    work(2)
    before = {part.pk: part.file for part in Part.objects.filter(state="made")}
    assert before
    job = jobs.claim("dead", QUEUE)
    assert job is not None
    lost = steps.take(job.args[0], str(job.pk))
    assert lost is not None
    assert steps.take(job.args[0], "somebody else") is None, "it is in hands"
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert jobs.reap().requeued == [job.pk]
    work(owner="alive")
    video.refresh_from_db()
    assert video.state == "ready"
    assert Step.objects.get(pk=lost.pk).attempts == 2
    assert {key: Part.objects.get(pk=key).file for key in before} == before, "what was done is done once"


def test_a_paused_worker_writes_nothing_into_what_another_took(
    alice: User, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has made its part, and sleeps; another one makes it again; then it wakes."""
    video = begun(alice, clips("plain"))
    work(1)
    job = jobs.claim("slow", QUEUE)
    assert job is not None
    check = steps.Holder.check
    others: list[str] = []

    def asleep(holder: steps.Holder) -> None:
        if not others:
            others.append("taken")
            Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
            jobs.reap()
            work(owner="quick")
            return
        check(holder)

    monkeypatch.setattr(steps.Holder, "check", asleep)
    worker.run_job(job)
    assert others
    video.refresh_from_db()
    assert video.state == "ready"
    step = Step.objects.get(pk=job.args[0])
    assert step.epoch == 2
    part = Part.objects.get(rendition__name=step.names[0], number=0)
    assert part.file == "0-2.mp4"
    assert not default_storage.exists(part.storage_name.replace("0-2", "0-1")), "what it had stored is gone"


@pytest.mark.parametrize("reason", ["worker", "job"])
def test_upkeep_finds_what_nobody_does_any_more(alice: User, clips: Clips, reason: str) -> None:
    video = begun(alice, clips("plain"))
    work(1)
    job = jobs.claim("dead", QUEUE)
    assert job is not None
    steps.take(job.args[0], str(job.pk))
    Job.objects.all().delete()
    early = timezone.now() - datetime.timedelta(days=1)
    Step.objects.filter(state="running").update(heard=early)
    Step.objects.filter(state="waiting").update(asked=early)
    assert upkeep.take_back() == 1
    assert upkeep.go_on() > 0
    work()
    video.refresh_from_db()
    assert video.state == "ready"


def test_one_that_ends_its_workers_is_given_up(alice: User, clips: Clips) -> None:
    video = begun(alice, clips("plain"))
    Step.objects.update(
        state="running", attempts=steps.MOST_ATTEMPTS, heard=timezone.now() - datetime.timedelta(days=1)
    )
    assert upkeep.take_back() == 1
    video.refresh_from_db()
    assert (video.state, video.error) == ("failed", "worker_lost")
    assert actions.retry(video)
    work()
    video.refresh_from_db()
    assert video.state == "ready"


def test_it_is_cancelled_and_goes_on_where_it_was(alice: User, clips: Clips) -> None:
    video = begun(alice, clips("plain"))
    work(2)
    assert actions.cancel(video)
    assert not actions.cancel(video)
    work()
    done = set(Step.objects.filter(state="done").values_list("pk", flat=True))
    assert len(done) == 2
    video.refresh_from_db()
    assert (video.state, video.estimate) == ("cancelled", None)
    assert actions.retry(video)
    assert not actions.retry(video)
    work()
    video.refresh_from_db()
    assert video.state == "ready"
    assert set(Step.objects.filter(pk__in=done).values_list("attempts", flat=True)) == {1}


def test_who_works_on_a_cancelled_one_stops(alice: User, clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BEAT_SECONDS", 0)
    video = begun(alice, clips("plain"))
    work(1)
    step = Step.objects.select_related("video").order_by("order")[1]
    mine = steps.take(step.pk, "me")
    assert mine is not None
    holder = steps.Holder(mine)
    assert not holder.stop()
    actions.cancel(video)
    assert holder.stop()
    with pytest.raises(steps.Lost):
        holder.check()


def test_a_full_disk_loses_nothing_and_it_goes_on_by_itself(
    alice: User, clips: Clips, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    video = begun(alice, clips("plain"))
    work(2)
    before = stored(video)

    def full(*args: Any, **kwargs: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", full)
        work()
    video.refresh_from_db()
    assert (video.state, video.error) == ("failed", "disk_full")
    assert "disk is full" in progress.state(video)["error"]
    assert stored(video) == before
    assert not list(settings.MAKING_DIR.glob("step-*"))
    monkeypatch.setattr(upkeep, "_free", lambda: 0)
    assert upkeep.try_full_disks() == 0
    monkeypatch.setattr(upkeep, "_free", lambda: 1 << 40)
    assert upkeep.try_full_disks() == 1
    work()
    video.refresh_from_db()
    assert (video.state, video.error) == ("ready", "")


def test_a_disk_that_is_nearly_full_is_not_filled(alice: User, clips: Clips, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path, size: int) -> None:
        raise DiskFull

    video = begun(alice, clips("plain"))
    monkeypatch.setattr(working, "spare", full)
    work()
    video.refresh_from_db()
    assert video.error == "disk_full"


def test_what_is_no_video_says_so_at_once(alice: User) -> None:
    video = videos.draft(alice)
    actions.begin(video, blob_of(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"), "film.mp4")
    assert len(work()) == 1
    video.refresh_from_db()
    assert video.state == "failed"
    assert progress.state(video)["error"]
    assert video.title == "film"


def test_it_waits_while_its_original_is_being_checked(alice: User, clips: Clips) -> None:
    video = begun(alice, clips("silent"))
    video.blob.__class__.objects.update(state="checking")  # type: ignore[union-attr]
    work()
    assert upkeep.go_on() == 0
    video.refresh_from_db()
    assert video.state == "waiting"
    video.blob.__class__.objects.update(state="ready")  # type: ignore[union-attr]
    assert upkeep.go_on() == 1
    work()
    video.refresh_from_db()
    assert video.state == "ready"


@pytest.mark.parametrize(("state", "code"), [("quarantined", "quarantined"), ("missing", "no_content")])
def test_of_a_harmful_or_lost_original_nothing_is_made(alice: User, clips: Clips, state: str, code: str) -> None:
    video = begun(alice, clips("silent"))
    video.blob.__class__.objects.update(state=state)  # type: ignore[union-attr]
    work()
    video.refresh_from_db()
    assert (video.state, video.error) == ("failed", code)


def test_an_original_that_is_not_kept_counts_no_more(alice: User, clips: Clips, settings: Any) -> None:
    settings.VIDEO_KEEP_ORIGINAL = False
    clip = clips("hd")
    video = made(alice, clip)
    sizes = sum(Rendition.objects.values_list("size", flat=True))
    assert (video.state, video.blob, video.original_size) == ("ready", None, clip.stat().st_size)
    assert video.charged == used_by(alice) == min(sizes, clip.stat().st_size)
    with pytest.raises(Invalid):
        actions.make_anew(video)
    assert removing.remove(video)
    assert used_by(alice) == 0


def test_it_is_made_anew_elsewhere(alice: User, clips: Clips) -> None:
    video = made(alice, clips("silent"))
    before = stored(video)
    place = video.place
    actions.make_anew(video)
    assert (video.state, video.playable) == ("waiting", None)
    assert not stored(video)
    work()
    video.refresh_from_db()
    assert video.state == "ready"
    assert video.place != place
    assert stored(video) == before


def test_it_goes_for_good_with_all_that_was_made(alice: User, clips: Clips) -> None:
    video = made(alice, clips("silent"))
    blob = video.blob
    assert blob is not None
    videos.trash(video)
    assert removing.empty_trash() == 0
    Video.objects.update(trashed=timezone.now() - datetime.timedelta(days=31))
    assert removing.empty_trash() == 1
    blob.refresh_from_db()
    assert (blob.references, used_by(alice)) == (0, 0)
    assert not keeping.names_below(video.folder)


def test_an_account_goes_with_its_videos(alice: User, clips: Clips) -> None:
    video = made(alice, clips("silent"))
    blob = video.blob
    assert blob is not None
    alice.delete()
    blob.refresh_from_db()
    assert blob.references == 0
    assert not keeping.names_below(video.folder)


def test_what_a_killed_worker_left_is_tidied(alice: User, clips: Clips) -> None:
    video = begun(alice, clips("silent"))
    work(1)
    folder = Rendition.objects.filter(kind="video").first().folder  # type: ignore[union-attr]
    stray = default_storage.save(f"{folder}/0-9.mp4", _file(b"half"))
    work()
    video.refresh_from_db()
    assert video.state == "ready"
    assert not default_storage.exists(stray)


def test_a_second_content_is_refused(alice: User, clips: Clips) -> None:
    video = begun(alice, clips("silent"))
    used = used_by(alice)
    with pytest.raises(Invalid):
        actions.begin(video, blob_of(b"another"), "b.mp4")
    assert used_by(alice) == used


def _file(data: bytes) -> Any:
    from django.core.files.base import ContentFile

    return ContentFile(data)
