"""One step, done by one worker: the original comes to its disk, ffmpeg works in a folder of its own, what it made goes into the storage, and
only then does a row say so. Killed anywhere, it is done again by another worker; what it had stored is deleted with what nobody names.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
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
    probe = probing.probe(source, sound_alone=settings.VIDEO_AUDIO_UPLOADS, stop=holder.stop)
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
    plan = _plan(holder.step)
    if plan.rungs:
        made = pictures.candidates(source, plan, place, FRAMES, stop=holder.stop)
    else:
        made = [pictures.waves(source, plan, place, progress=holder.progress, stop=holder.stop)]
    holder.check()
    names = [f"frame-{number}-{epoch}.jpg" for number in range(len(made))]
    with _kept(holder) as keep:
        found = [keep(path, video.storage_name(f"thumbnail/{name}")) for path, name in zip(made, names, strict=True)]
        done(holder.step, lambda video: ending.note_frames(video, found))


def _storyboard(holder: Holder, source: Path, place: Path) -> None:
    """Of the lowest rendition where all of it lies on this disk, since that has few and small pictures."""
    video, epoch = holder.step.video, holder.step.epoch
    made = pictures.storyboard(
        _lowest(video) or source, _plan(holder.step), place, progress=holder.progress, stop=holder.stop
    )
    holder.check()
    with _kept(holder) as keep:
        names = [(sheet, f"{Path(sheet).stem}-{epoch}.jpg") for sheet in made.sheets]
        sheets = [keep(place / sheet, video.storage_name(f"storyboard/{name}")) for sheet, name in names]
        said = replace(made, sheets=sheets).as_json()
        done(holder.step, lambda video: ending.note_storyboard(video, said))


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
    with _kept(holder) as keep:
        # Of each try another name: who has lost the step without knowing it writes beside what counts.
        named = [(rows[part.name], part, f"{_number(rows[part.name], step)}-{step.epoch}.mp4") for part in made]
        kept = [(row, part, keep(part.path, f"{row.folder}/{name}")) for row, part, name in named]
        done(step, lambda video: _write(video, step, kept))


def _number(row: Rendition, step: Step) -> int:
    return step.number if row.kind == Rendition.Kind.VIDEO else 0


@contextmanager
def _kept(holder: Holder) -> Iterator[Callable[[Path, str], str]]:
    """Puts files into the storage, and says under which name of its folder each is; they go again where the step does not come to its end."""
    names: list[str] = []

    def keep(made: Path, name: str) -> str:
        names.append(keeping.keep(made, name, meanwhile=holder.stop))
        return names[-1].rpartition("/")[2]

    try:
        yield keep
    except BaseException:
        for name in names:
            keeping.delete(name)
        raise


def _write(video: Video, step: Step, kept: list[tuple[Rendition, Any, str]]) -> None:
    for row, part, file in kept:
        Part.objects.filter(rendition=row, number=_number(row, step)).update(
            file=file, size=part.size, init_size=part.init_size, init_sha=part.init_sha, segments=part.segments, state=Part.State.MADE,
        )  # fmt: skip
        ending.count(row, part)
    ending.note_playable(video)
