"""The original on this machine's disk: where it lies, or fetched from the bucket once for all steps that this machine does."""

import fcntl
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from files.blobs import reading
from files.blobs.trouble import in_words
from files.tus.sparing import spare
from video.media.refusals import Stopped

log = logging.getLogger(__name__)

UNUSED_SECONDS: Final = 6 * 3600
"""After which a fetched original that no step has asked for goes."""

PIECE: Final = 1 << 20
LOOK_SECONDS: Final = 0.2


def folder() -> Path:
    found: Path = settings.MAKING_DIR / "originals"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


@contextmanager
def on_disk(blob: Any, stop: Callable[[], bool]) -> Iterator[Path]:
    """``blob``: a :class:`files.models.Blob`; ``stop`` is asked again and again while it comes, which may take an hour. Raises Stopped, Gone,
    Unreachable, DiskFull."""
    path = reading.local_path(blob)
    if path is not None:
        yield path
        return
    kept = folder() / blob.sha256
    with (folder() / f"{blob.sha256}.lock").open("w") as lock:
        # Several steps on one machine fetch it once.
        while not _locked(lock.fileno()):
            _look(stop)
            time.sleep(LOOK_SECONDS)
        if not kept.is_file() or kept.stat().st_size != blob.size:
            _fetch(blob, kept, stop)
        kept.touch()
    yield kept


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _look(stop: Callable[[], bool]) -> None:
    if stop():
        raise Stopped


def _fetch(blob: Any, kept: Path, stop: Callable[[], bool]) -> None:
    coming = kept.with_suffix(".coming")
    try:
        with in_words(), reading.open(blob) as file, coming.open("wb") as out:
            while piece := file.read(PIECE):
                _look(stop)
                spare(coming.parent, len(piece))
                out.write(piece)
        coming.replace(kept)
    finally:
        coming.unlink(missing_ok=True)


def forget(sha256: str) -> None:
    """No step needs it any more."""
    for suffix in ("", ".lock", ".coming"):
        (folder() / f"{sha256}{suffix}").unlink(missing_ok=True)


def sweep(now: float | None = None) -> int:
    """Deletes what lies here unused, also working folders of workers that were killed; how much went."""
    before, gone = (time.time() if now is None else now) - UNUSED_SECONDS, 0
    for path in [*folder().iterdir(), *settings.MAKING_DIR.glob("step-*")]:
        try:
            if path.stat().st_mtime > before:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except FileNotFoundError:
            continue
        gone += 1
    return gone
