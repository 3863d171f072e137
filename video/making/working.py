"""One step, done by one worker: the original comes to its disk, ffmpeg works in a folder of its own, what it made goes into the storage, and
only then does a row say so. Killed anywhere, it is done again by another worker; what it had stored is deleted with what nobody names.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from files.blobs.trouble import in_words
from files.tus.sparing import spare
from video.making import ending, keeping, planning, sources, wanted
from video.making.steps import Holder, done
from video.media import encoding, ladder, pictures, probing
from video.models import Part, Rendition, Step, Video

FRAMES = 5
"""Pictures to choose a thumbnail from."""


def do(step: Step) -> None:
    """Raises Lost, Stopped and Refused of :mod:`video.media.refusals`, DiskFull, Unreachable, Gone."""
    video = step.video
    with folder() as place:
        holder = Holder(step, place)
        with sources.on_disk(video.blob, holder.stop) as source:
            with in_words():
                spare(place, 0)
            _WAYS[step.kind](holder, source, place)
    if step.kind != Step.Kind.PROBE:
        ending.end_if_all_is_made(video)


@contextmanager
def folder() -> Iterator[Path]:
    settings.MAKING_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = Path(tempfile.mkdtemp(prefix="step-", dir=settings.MAKING_DIR))
    try:
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)


def _probe(holder: Holder, source: Path, place: Path) -> None:
    probe = probing.probe(source, stop=holder.stop)
    plan = ladder.plan(probe, wanted.wanted())
    done(holder.step, lambda video: planning.write(video, probe, plan))


def _chunk(holder: Holder, source: Path, place: Path) -> None:
    step, plan = holder.step, _plan(holder.step)
    rungs = [rung for rung in plan.rungs if rung.name in step.names]
    made = encoding.encode_video(
        source, plan, rungs, plan.chunks[step.number], place, progress=holder.progress, stop=holder.stop
    )
    _keep_parts(holder, made)


def _audio(holder: Holder, source: Path, place: Path) -> None:
    step, plan = holder.step, _plan(holder.step)
    made = encoding.encode_audio(
        source, plan, plan.tracks[step.number], place, progress=holder.progress, stop=holder.stop
    )
    _keep_parts(holder, [made])


def _pictures(holder: Holder, source: Path, place: Path) -> None:
    if holder.step.number == 0:
        _frames(holder, source, place)
    else:
        _storyboard(holder, source, place)


def _frames(holder: Holder, source: Path, place: Path) -> None:
    """To choose a thumbnail from: the first thing that people see of it."""
    video, epoch = holder.step.video, holder.step.epoch
    made = pictures.candidates(source, _plan(holder.step), place, FRAMES, stop=holder.stop)
    holder.check()
    names = [f"frame-{number}-{epoch}.jpg" for number in range(len(made))]
    for path, name in zip(made, names, strict=True):
        keeping.keep(path, video.storage_name(f"thumbnail/{name}"), anew=True, meanwhile=holder.stop)
    done(holder.step, lambda video: ending.note_frames(video, names))


def _storyboard(holder: Holder, source: Path, place: Path) -> None:
    """Of the lowest rendition where all of it lies on this disk, since that has few and small pictures."""
    video = holder.step.video
    made = pictures.storyboard(
        _lowest(video) or source, _plan(holder.step), place, progress=holder.progress, stop=holder.stop
    )
    holder.check()
    for sheet in made.sheets:
        keeping.keep(place / sheet, video.storage_name(f"storyboard/{sheet}"), anew=True, meanwhile=holder.stop)
    done(holder.step, lambda video: ending.note_storyboard(video, made.as_json()))


def _lowest(video: Video) -> list[tuple[Path, int]]:
    """Its parts with the sizes of their heads; nothing while one is missing, or where they lie in a bucket."""
    row = Rendition.objects.filter(video=video, place=video.place, kind=Rendition.Kind.VIDEO).order_by("order").first()
    if row is None or not row.ended:
        return []
    found = [(keeping.path_of(part.storage_name), part.init_size) for part in row.parts.order_by("number")]
    return [(path, size) for path, size in found if path is not None] if all(path for path, _size in found) else []


_WAYS: dict[str, Callable[[Holder, Path, Path], None]] = {
    Step.Kind.PROBE: _probe, Step.Kind.LOWEST: _chunk, Step.Kind.CHUNK: _chunk, Step.Kind.AUDIO: _audio, Step.Kind.PICTURES: _pictures,
}  # fmt: skip


def _plan(step: Step) -> ladder.Plan:
    return ladder.Plan.from_json(step.video.plan or {})


def _keep_parts(holder: Holder, made: list[Any]) -> None:
    """``made``: of :class:`video.media.encoding.MadePart`."""
    step = holder.step
    holder.check()
    rows = {row.name: row for row in Rendition.objects.filter(video=step.video, place=step.place, name__in=step.names)}
    kept: list[tuple[Rendition, Any, str]] = []
    try:
        for part in made:
            row = rows[part.name]
            # Of each try another name: who has lost the step without knowing it writes beside what counts.
            name = f"{row.folder}/{step.number if row.kind == 'video' else 0}-{step.epoch}.mp4"
            name = keeping.keep(part.path, name, meanwhile=holder.stop)
            kept.append((row, part, name.rpartition("/")[2]))
        done(step, lambda video: _write(video, step, kept))
    except BaseException:
        for row, _part, file in kept:
            keeping.delete(f"{row.folder}/{file}")
        raise


def _write(video: Video, step: Step, kept: list[tuple[Rendition, Any, str]]) -> None:
    for row, part, file in kept:
        number = step.number if row.kind == Rendition.Kind.VIDEO else 0
        Part.objects.filter(rendition=row, number=number).update(
            file=file, size=part.size, init_size=part.init_size, init_sha=part.init_sha, segments=part.segments, state=Part.State.MADE,
        )  # fmt: skip
        ending.count(row, part)
    ending.note_playable(video)
