"""From what the original is to rows: which renditions there will be, of which parts, and in which steps they are made."""

from collections.abc import Iterable
from typing import Final

from django.utils import timezone

from video.making import steps
from video.media.ladder import Chunk, Plan, Rung
from video.media.probing import Probe
from video.models import Part, Rendition, Step, Video

SOUND_PIXELS: Final = 30_000
"""Pixels of a picture whose making costs as much as sound of the same length."""

PICTURES_PIXELS: Final = 20_000
"""Likewise of the storyboard, for which key frames alone are read."""


def write(video: Video, probe: Probe, plan: Plan) -> None:
    """Within the transaction that ends the probing."""
    video.state, video.begun = Video.State.MAKING, video.begun or timezone.now()
    video.plan, video.facts = plan.as_json(), probe.as_json()
    seen = probe.picture
    video.duration = probe.duration
    video.width, video.height, video.frame_rate = (probe.width, probe.height, probe.frame_rate) if seen else (None,) * 3
    video.save(update_fields=["state", "begun", "plan", "facts", "duration", "width", "height", "frame_rate"])
    Rendition.objects.filter(video=video, place=video.place).delete()
    rows = Rendition.objects.bulk_create([*_pictures(video, plan), *_sound(video, plan)])
    Part.objects.bulk_create(part for row in rows for part in _parts(row, plan))
    steps.plan(video, list(_steps(video, plan)))


def _pictures(video: Video, plan: Plan) -> Iterable[Rendition]:
    for order, rung in enumerate(plan.rungs):
        yield Rendition(
            video=video, place=video.place, name=rung.name, kind=Rendition.Kind.VIDEO, order=order, codec=rung.codec, width=rung.width,
            height=rung.height, frame_rate=rung.frame_rate,
        )  # fmt: skip


def _sound(video: Video, plan: Plan) -> Iterable[Rendition]:
    for order, track in enumerate(plan.tracks):
        yield Rendition(
            video=video, place=video.place, name=track.name, kind=Rendition.Kind.AUDIO, order=order, codec=track.codec, channels=track.channels,
            language=track.language[:12], label=track.label[:80], default=track.default,
        )  # fmt: skip


def _parts(row: Rendition, plan: Plan) -> Iterable[Part]:
    if row.kind == Rendition.Kind.AUDIO:
        yield Part(rendition=row, number=0, start=0, duration=plan.duration)
        return
    for chunk in plan.chunks:
        yield Part(rendition=row, number=chunk.number, start=chunk.start, duration=chunk.duration)


def _steps(video: Video, plan: Plan) -> Iterable[Step]:
    """In the order in which they are best done: whatever makes it play goes first."""
    kinds = Step.Kind
    rows: list[tuple[str, int, list[str], float]] = []
    lowest = [_chunk(kinds.LOWEST, chunk, plan.first(chunk)) for chunk in plan.chunks if plan.first(chunk)]
    rows += lowest[:1]
    rows += [
        (kinds.AUDIO, number, [track.name], SOUND_PIXELS * plan.duration) for number, track in enumerate(plan.tracks)
    ]
    rows.append((kinds.PICTURES, 0, [], PICTURES_PIXELS * (1 if plan.rungs else plan.duration)))
    rows += lowest[1:]
    if plan.rungs:
        rows.append((kinds.PICTURES, 1, [], PICTURES_PIXELS * plan.duration))
    rows += [_chunk(kinds.CHUNK, chunk, plan.rest(chunk)) for chunk in plan.chunks if plan.rest(chunk)]
    for order, (kind, number, names, weight) in enumerate(rows, 1):
        yield Step(
            video=video, place=video.place, kind=kind, number=number, order=order, names=names, weight=max(1.0, weight) / 1e6
        )  # fmt: skip


def _chunk(kind: str, chunk: Chunk, rungs: list[Rung]) -> tuple[str, int, list[str], float]:
    pixels = sum(rung.width * rung.height for rung in rungs)
    return kind, chunk.number, [rung.name for rung in rungs], pixels * chunk.duration
