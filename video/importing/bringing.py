"""From an address to the original of a video: fetched into a folder by the child, put together, and then as if it had been uploaded."""

import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from files.blobs import adopting, incoming
from files.blobs.trouble import DiskFull, Unreachable, in_words
from files.safety import blocked
from files.tus.sparing import spare
from meatlizard.errors import AppError, StorageFull
from meatlizard.storage import actions as storage
from video import actions
from video.importing.guard import Guard
from video.making import actions as making
from video.media import confinement, containers
from video.media.refusals import Problem
from video.models import Video

log = logging.getLogger(__name__)

CHILD: Final = Path(__file__).parent / "child.py"
SECONDS: Final = 6 * 3600.0
LOOK_SECONDS: Final = 1.0
PIECE: Final = 1 << 20
TWICE: Final = 2
"""Pictures and sound lie there once each, and once more together."""


class NotBrought(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Over(Exception):
    """Nobody wants it any more."""


def bring(key: uuid.UUID, guard: Callable[[int], Guard] = Guard) -> None:
    """``guard`` is for tests."""
    video = Video.objects.select_related("owner__tier").filter(pk=key, state=Video.State.FETCHING, trashed=None).first()
    if video is None:
        return
    try:
        with _folder() as folder:
            spare(folder, 0)
            storage.expect(video.owner, 1)
            said = _fetched(video, folder, guard)
            _becomes(video, said, _whole(folder, said["files"]))
    except Over:
        log.info("video.import_over", extra={"video": str(key)})
    except NotBrought as refusal:
        making.fail(video, video.place, refusal.code)
    except StorageFull:
        making.fail(video, video.place, "storage_full")
    except DiskFull:
        making.fail(video, video.place, "disk_full")
    except Unreachable:
        making.fail(video, video.place, "storage_unreachable")
    except Problem as problem:
        making.fail(video, video.place, problem.code, problem.detail)
    except AppError as refusal:
        making.fail(video, video.place, "import_refused", refusal.code)


@contextmanager
def _folder() -> Iterator[Path]:
    settings.MAKING_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = Path(tempfile.mkdtemp(prefix="step-", dir=settings.MAKING_DIR))
    try:
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)


def _fetched(video: Video, folder: Path, guard: Callable[[int], Guard]) -> dict[str, Any]:
    """Raises NotBrought, Over, DiskFull."""
    most = min(settings.VIDEO_MAX_BYTES, max(1, video.owner.tier.storage_bytes - storage.used_by(video.owner)))
    with guard(most * TWICE).serving() as way:
        arguments = [str(settings.BASE_DIR), video.source_url, str(folder), str(way.port), str(most)]
        environment = {"PATH": "/nowhere", "LANG": "C.UTF-8", "TMPDIR": str(folder), "HOME": str(folder)}
        child = subprocess.Popen(  # noqa: S603  (our own program; what a person wrote goes as one argument, to no shell)
            [sys.executable, "-I", "-B", str(CHILD), *arguments], env=environment, cwd=folder, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert child.stdin is not None
            child.stdin.write(way.url.encode() + b"\n")
            child.stdin.close()
            _watched(video, folder, child)
        finally:
            child.kill()
            child.wait()
        refused = way.refused
    try:
        said: dict[str, Any] = json.loads((folder / "result.json").read_text())
    except (OSError, ValueError):
        # It came to grief at one of its bounds.
        raise NotBrought("not_fetched") from None
    if "refused" in said:
        raise NotBrought("import_refused" if refused and said["refused"] == "not_fetched" else said["refused"])
    return said


def _watched(video: Video, folder: Path, child: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + SECONDS
    rows = Video.objects.filter(pk=video.pk, state=Video.State.FETCHING, trashed=None)
    while child.poll() is None:
        if time.monotonic() > until:
            raise NotBrought("not_fetched")
        spare(folder, 0)
        try:
            told = json.loads((folder / "progress.json").read_text())
            share = min(0.99, told["got"] / told["size"]) if told["size"] else 0.0
        except (OSError, ValueError, KeyError):
            share = 0.0
        if not rows.update(progress=share, changed=timezone.now()):
            raise Over
        try:
            child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _whole(folder: Path, names: list[str]) -> Path:
    """Of pictures and sound that came apart one file, without encoding. Raises Problem."""
    found = [folder / "media" / Path(name).name for name in names]
    found = [path for path in found if path.is_file() and not path.is_symlink()]
    if not found:
        raise NotBrought("import_unsupported")
    if len(found) == 1:
        return found[0]
    out = folder / "whole.mkv"
    command = ["-hide_banner", "-v", "error", "-nostdin", "-nostats", "-progress", "pipe:1"]
    for path in found[:2]:
        command += confinement.reading(path, containers.container(path))
    command += [
        "-map",
        "0:v?",
        "-map",
        "0:a?",
        "-map",
        "1:v?",
        "-map",
        "1:a?",
        "-c",
        "copy",
        "-f",
        "matroska",
        "-y",
        "file:whole.mkv",
    ]
    with confinement.working_folder(folder) as empty:
        ended = confinement.run("ffmpeg", command, empty)
        made = empty / "whole.mkv"
        if ended.status or not made.exists():
            raise NotBrought("not_fetched")
        with in_words():
            shutil.move(made, out)
    return out


def _becomes(video: Video, said: dict[str, Any], whole: Path) -> None:
    coming = incoming.begin()
    try:
        with whole.open("rb") as file:
            while piece := file.read(PIECE):
                spare(coming.path.parent, len(piece))
                coming.append(piece)
        storage.expect(video.owner, coming.size)
        blob = adopting.adopt(coming)
        name = f"{actions.line(said.get('title', ''), 150) or 'video'}{whole.suffix}"
        blocked.refuse(name, blob)
        fresh = Video.objects.filter(pk=video.pk, state=Video.State.FETCHING, trashed=None).first()
        if fresh is None:
            raise Over
        making.begin(fresh, blob, name)
        fresh.refresh_from_db()
        if not fresh.description and said.get("description"):
            actions.describe(fresh, description=str(said["description"]))
        if not fresh.tags.exists():
            actions.set_tags(fresh, map(str, said.get("tags", [])[: actions.MOST_TAGS]))
    finally:
        coming.abandon()
