"""What is made of a file: sizes of its picture, tracks of its sound, and the chunks in which the pictures are made.

All pictures come at one even rate, and every key frame lies on one grid of four seconds: at 30000/1001 pictures a second, which has no whole
number of them in four seconds, on one of 120 pictures. Chunks begin and end on the grid, so that parts which different workers made meet
without a seam and players may change sizes at each segment.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from video.media.containers import INDEXED
from video.media.facts import Json, Picture, Probe

SEGMENT_SECONDS: Final = 4
CHUNK_SEGMENTS: Final = 15
"""A minute: short enough that little is lost with a killed worker, long enough that a start and a search cost nothing beside it."""

FIRST_SEGMENTS: Final = 2
"""Of the first chunk: its lowest size is there after a moment, and the video plays."""

SHORT: Final = 180.0
"""Seconds of a video whose other sizes come soon enough. Only its first chunk has the lowest size made alone: decoding twice costs a tenth."""

SHORTEST: Final = 0.1
"""Seconds of sound alone; what is shorter ends with silence."""

LEAST_LAST: Final = 4
"""Segments that a last chunk has at least; fewer go with the one before."""

MOST_RATE: Final = 60
SMOOTH: Final = 45
"""Pictures a second from which sizes up to HALVED come at half the rate: who is sent these has no room for the others."""
HALVED: Final = 480

SIZES: Final = {240: 426, 360: 640, 480: 854, 720: 1280, 1080: 1920, 1440: 2560, 2160: 3840}
"""Of a picture of 16 by 9: each size is the box that it fits into, lying or standing."""

NOTABLY: Final = Fraction(11, 10)
"""A picture by so much larger than the largest size below it gets one of its own size."""

CAPS: Final = {240: 450, 360: 900, 480: 1_600, 720: 3_200, 1080: 6_000, 1440: 11_000, 2160: 22_000}
"""Most kbit/s of H.264 at up to 30 pictures a second; half as much more beyond."""

LESS: Final = {"h264": 1.0, "hevc": 0.65, "vp9": 0.7, "av1": 0.55}
"""Of it that better codecs get."""

LOWEST_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Wanted(Json):
    """What the site wants of every video. The first of ``codecs`` makes the whole ladder from the lowest size on; each other one adds its own
    from ``others_from`` on. ``hardware``: empty, ``videotoolbox``, ``nvenc`` or ``vaapi``. ``surround``: more than two channels are kept, as
    tracks beside those of two."""

    codecs: tuple[str, ...] = ("h264",)
    tallest: int = 2160
    others_from: int = 720
    hardware: str = ""
    copy: bool = True
    surround: bool = False


@dataclass(frozen=True, slots=True)
class Rung(Json):
    """One size. ``every``: one of so many pictures of the plan's rate. ``cap``: kbit/s."""

    name: str
    size: int
    width: int
    height: int
    codec: str
    every: int
    rate: tuple[int, int]
    cap: int
    hardware: str = ""
    copy: bool = False

    @property
    def frame_rate(self) -> float:
        return self.rate[0] / self.rate[1]


@dataclass(frozen=True, slots=True)
class Track(Json):
    """One track of sound, made of stream ``index`` of the file."""

    name: str
    index: int
    channels: int
    language: str
    label: str
    default: bool
    codec: str = "aac"


@dataclass(frozen=True, slots=True)
class Chunk(Json):
    """Pictures ``first`` up to but not with ``beyond``, of the plan's rate; ``start`` and ``end`` in seconds. ``alone``: its lowest size is
    made before all others."""

    number: int
    first: int
    beyond: int
    start: float
    end: float
    alone: bool = True

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Plan(Json):
    """``rungs`` from the lowest on, none of what is sound alone; ``grid``: pictures from key frame to key frame; ``probe`` is what it was made from."""

    probe: Probe
    rate: tuple[int, int]
    grid: int
    duration: float
    rungs: list[Rung]
    tracks: list[Track] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def frame_rate(self) -> Fraction:
        return Fraction(*self.rate)

    def first(self, chunk: Chunk) -> list[Rung]:
        """Of this chunk, what is made before all others."""
        return self.rungs[:1] if chunk.alone else []

    def rest(self, chunk: Chunk) -> list[Rung]:
        """What is made afterwards, from one decoding."""
        return self.rungs[1:] if chunk.alone else self.rungs


def plan(probe: Probe, wanted: Wanted | None = None) -> Plan:
    wanted = wanted or Wanted()
    if probe.picture is None:
        duration = max(probe.duration, SHORTEST)
        return Plan(probe=probe, rate=(1, 1), grid=1, duration=duration, rungs=[], tracks=_tracks(probe, wanted))
    rate, grid = rate_and_grid(probe.picture)
    pictures = max(1, math.ceil(Fraction(probe.duration).limit_denominator(100_000) * rate - Fraction(1, 4)))
    return Plan(
        probe=probe, rate=(rate.numerator, rate.denominator), grid=grid, duration=float(pictures / rate),
        rungs=_rungs(probe, rate, wanted), tracks=_tracks(probe, wanted), chunks=_chunks(probe, pictures, grid, rate),
    )  # fmt: skip


def rate_and_grid(picture: Picture) -> tuple[Fraction, int]:
    """Pictures a second of what is made, and pictures from key frame to key frame."""
    rate = picture.frame_rate
    rate = rate / max(1, math.ceil(rate / MOST_RATE - Fraction(1, 100)))
    grid = max(1, round(SEGMENT_SECONDS * rate))
    return rate, grid + grid % 2 if rate > SMOOTH else grid


def _rungs(probe: Probe, rate: Fraction, wanted: Wanted) -> list[Rung]:
    found: list[Rung] = []
    for codec in wanted.codecs:
        sizes = _sizes(probe, wanted.tallest)
        main = codec == wanted.codecs[0]
        for size, (width, height) in sizes.items():
            if not main and size < wanted.others_from and size != max(sizes):
                continue
            every = 2 if size <= HALVED and rate > SMOOTH else 1
            own = rate / every
            found.append(Rung(
                name=f"{size}p" if main else f"{size}p-{codec}", size=size, width=width, height=height, codec=codec, every=every,
                rate=(own.numerator, own.denominator), cap=cap(size, width, height, own, codec), hardware=wanted.hardware,
                copy=wanted.copy and every == 1 and codec == "h264" and fits(probe, width, height, rate, size),
            ))  # fmt: skip
    return found


def cap(size: int, width: int, height: int, rate: Fraction, codec: str) -> int:
    """kbit/s, by how much of its box the picture fills and how many pictures come."""
    share = max(LOWEST_SHARE, min(1.0, width * height / (SIZES[size] * size)))
    faster = 1.5 if rate > 31 else 1.0
    return round(CAPS[size] * share * faster * LESS[codec])


def _sizes(probe: Probe, tallest: int) -> dict[int, tuple[int, int]]:
    """Width and height by size, from the lowest on; never above the file's own."""
    long, short = max(probe.width, probe.height), min(probe.width, probe.height)
    found: dict[int, tuple[int, int]] = {}
    best = Fraction(0)
    for size, box in SIZES.items():
        if size > max(tallest, min(SIZES)):
            break
        scale = min(Fraction(box, long), Fraction(size, short))
        if scale > 1 and best * NOTABLY >= 1:
            break
        scale = min(scale, Fraction(1))
        found[size] = (_even(probe.width * scale), _even(probe.height * scale))
        best = scale
        if scale == 1:
            break
    return found


def _even(side: Fraction) -> int:
    return max(2, 2 * math.floor(side / 2 + Fraction(1, 4)) if side != int(side) else int(side) // 2 * 2)


def fits(probe: Probe, width: int, height: int, rate: Fraction, size: int) -> bool:
    """Whether the file's own pictures are what this rung would be: then they are taken as they are."""
    own = probe.seen
    same = (own.width, own.height) == (width, height) and own.frame_rate == rate
    filled = abs(own.start - probe.zero) < float(1 / rate / 2) and probe.duration - (own.end - probe.zero) < 1
    told = own.bit_rate or probe.bit_rate
    return (
        may_be_copied(own)
        and same
        and filled
        and probe.regular
        and 0 < told <= cap(size, width, height, rate, "h264") * 1000
    )


def may_be_copied(picture: Picture) -> bool:
    """Whether every player can show these pictures as they lie in the file."""
    plain = picture.codec == "h264" and picture.pixels == "yuv420p" and picture.square and not picture.rotation
    return plain and not (picture.interlaced or picture.hdr or picture.variable) and picture.frame_rate <= MOST_RATE


def _tracks(probe: Probe, wanted: Wanted) -> list[Track]:
    best = next((at for at, one in enumerate(probe.sounds) if one.default), 0)
    found = [
        Track(f"audio-{at}", one.index, min(2, one.channels), one.language, one.title, at == best)
        for at, one in enumerate(probe.sounds)
    ]
    if wanted.surround:
        found += [
            Track(f"surround-{at}", one.index, min(6, one.channels), one.language, one.title, False)
            for at, one in enumerate(probe.sounds)
            if one.channels >= 6
        ]
    return found


def _chunks(probe: Probe, pictures: int, grid: int, rate: Fraction) -> list[Chunk]:
    """One alone where no moment of the file can be found without reading all before it."""
    if probe.container in INDEXED:
        marks = [0, *range(min(FIRST_SEGMENTS, CHUNK_SEGMENTS) * grid, pictures, CHUNK_SEGMENTS * grid)]
        if len(marks) > 1 and pictures - marks[-1] < LEAST_LAST * grid:
            marks.pop()
    else:
        marks = [0]
    short = pictures / rate <= SHORT
    return [
        Chunk(number, first, beyond, float(first / rate), float(beyond / rate), number == 0 or not short)
        for number, (first, beyond) in enumerate(zip(marks, [*marks[1:], pictures], strict=True))
    ]
