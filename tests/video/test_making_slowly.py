"""What takes longer than a lease stays with who does it: looking at a large file, fetching it, sending what was made."""

import datetime
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from files.blobs import reading
from meatlizard.accounts.models import User
from meatlizard.jobs import worker
from tests.video.clips import WITH_FFMPEG, Clips, clips
from tests.video.making import begun
from video.making import actions, keeping, sources, steps, working
from video.media import confinement, probing
from video.media.refusals import Stopped
from video.models import Step

pytestmark = [pytest.mark.django_db(transaction=True), WITH_FFMPEG]
__all__ = ["clips"]


@pytest.fixture(autouse=True)
def in_this_thread(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(steps, "BEAT_SECONDS", 0)
    settings.MAKING_DIR = tmp_path / "making"


@pytest.fixture
def taken(alice: User, clips: Clips) -> Step:
    """The first step of a video, in hands."""
    begun(alice, clips("regular"))
    mine = steps.take(Step.objects.get().pk, "me")
    assert mine is not None
    return mine


def grown_old() -> None:
    Step.objects.update(heard=timezone.now() - datetime.timedelta(days=1))


def is_heard_of() -> bool:
    return not Step.objects.filter(heard__lt=steps.stale()).exists()


def test_while_a_file_is_looked_at_its_step_stays_in_hands(taken: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []
    run = confinement.run

    def slow(*args: Any, **kwargs: Any) -> Any:
        grown_old()
        ended = run(*args, **kwargs)
        heard.append(is_heard_of())
        return ended

    monkeypatch.setattr(probing, "run", slow)
    working.do(taken)
    assert len(heard) > 3
    assert all(heard)
    taken.refresh_from_db()
    assert taken.state == "done"


def test_a_look_at_what_nobody_wants_any_more_ends(taken: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    run = confinement.run

    def counted(*args: Any, **kwargs: Any) -> Any:
        runs.append(args)
        actions.cancel(taken.video)
        return run(*args, **kwargs)

    monkeypatch.setattr(probing, "run", counted)
    with pytest.raises(Stopped):
        working.do(taken)
    assert len(runs) == 1


class Slowly(io.BytesIO):
    """Each piece takes longer than a lease."""

    heard: list[bool]

    def read(self, size: int | None = -1, /) -> bytes:
        self.heard.append(is_heard_of())
        grown_old()
        return super().read(20_000)


@pytest.fixture
def elsewhere(taken: Step, monkeypatch: pytest.MonkeyPatch) -> Slowly:
    """The original lies in a bucket."""
    blob = taken.video.blob
    assert blob is not None
    with reading.open(blob) as file:
        content = Slowly(file.read())
    content.heard = []
    monkeypatch.setattr(reading, "local_path", lambda _blob: None)
    monkeypatch.setattr(reading, "open", lambda _blob: content)
    return content


def test_while_an_original_is_fetched_its_step_stays_in_hands(taken: Step, elsewhere: Slowly) -> None:
    working.do(taken)
    assert len(elsewhere.heard) > 2
    assert all(elsewhere.heard)
    assert not list(sources.folder().glob("*.coming"))


def test_fetching_ends_when_nobody_wants_it_any_more(taken: Step, elsewhere: Slowly) -> None:
    asked = []

    def no_more() -> bool:
        asked.append(1)
        return len(asked) == 2

    with pytest.raises(Stopped), sources.on_disk(taken.video.blob, no_more):
        pass
    assert [path.suffix for path in sources.folder().iterdir()] == [".lock"]


def test_who_waits_for_what_another_step_fetches_is_heard_of(taken: Step, elsewhere: Slowly) -> None:
    said = iter([False, False, True])
    inner: Callable[[], bool] = lambda: next(said)  # noqa: E731
    with sources.on_disk(taken.video.blob, lambda: False):
        pass
    with (sources.folder() / f"{taken.video.blob_id}.lock").open("w") as lock:
        assert sources._locked(lock.fileno())
        with pytest.raises(Stopped), sources.on_disk(taken.video.blob, inner):
            pass
    assert next(said, None) is None


def test_while_a_part_goes_to_a_bucket_its_step_stays_in_hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(keeping, "_on_disk", lambda: False)
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0.001)
    real = storages["default"].save

    def slow(name: str, content: Any) -> str:
        while len(calls) < 3:
            pass
        return real(name, content)

    monkeypatch.setattr(storages["default"], "save", slow)
    made = tmp_path / "part.mp4"
    made.write_bytes(b"made")
    assert keeping.keep(made, "videos/part.mp4", meanwhile=lambda: calls.append(1)) == "videos/part.mp4"
    assert len(calls) >= 3
    assert not made.exists()
    with storages["default"].open("videos/part.mp4") as kept:
        assert kept.read() == b"made"
