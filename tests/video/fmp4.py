"""Fragmented MP4 (ISO/IEC 14496-12), as far as serving it must know it: tracks, fragments, and the samples in them. Pure.

    pieces = read(path.read_bytes())
    pieces.tracks[1].codecs          # "avc1.64001f"
    pieces.fragments[0].samples[0].sync

Times are whole numbers in the time scale of their track. Raises Malformed for what is no such file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from tests.video import codec_names

MOST_SAMPLES: Final = 1_000_000
NOT_SYNC: Final = 0x0001_0000
"""Flag of a sample that cannot be begun at."""


class Malformed(ValueError):
    """Not a fragmented MP4, or a broken one."""


@dataclass(frozen=True, slots=True)
class Box:
    """``start``: of its header; ``body``: of what is within, up to ``stop``."""

    kind: str
    start: int
    body: int
    stop: int


@dataclass(frozen=True, slots=True)
class Track:
    """``kind``: the handler, ``vide`` or ``soun``. ``skipped``: of the media's own time, before its first moment is shown (edit list)."""

    number: int
    kind: str
    timescale: int
    codecs: str
    width: int = 0
    height: int = 0
    channels: int = 0
    rate: int = 0
    skipped: int = 0
    sample_duration: int = 0
    sample_size: int = 0
    sample_flags: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """``time``: when it is decoded; ``shown``: when it is seen."""

    time: int
    shown: int
    duration: int
    size: int
    sync: bool


@dataclass(frozen=True, slots=True)
class Fragment:
    """One track's part of a ``moof``; bytes from ``start`` up to ``stop``, its ``mdat`` among them."""

    track: int
    start: int
    stop: int
    begins: int
    samples: tuple[Sample, ...]

    @property
    def duration(self) -> int:
        return sum(sample.duration for sample in self.samples)

    @property
    def ends(self) -> int:
        return self.begins + self.duration


@dataclass(frozen=True, slots=True)
class Pieces:
    """``init_size``: bytes before the first fragment that a player needs to begin anywhere (``ftyp`` and ``moov``)."""

    init_size: int
    tracks: dict[int, Track]
    fragments: list[Fragment] = field(default_factory=list)


def read(data: bytes) -> Pieces:
    try:
        return _read(data)
    except (struct.error, IndexError, KeyError, UnicodeDecodeError) as problem:
        raise Malformed(f"broken: {problem!r}") from problem


def _read(data: bytes) -> Pieces:
    tops = list(boxes(data, 0, len(data)))
    moov = next((box for box in tops if box.kind == "moov"), None)
    if moov is None:
        raise Malformed("no moov")
    tracks = {track.number: track for track in _tracks(data, moov)}
    fragments: list[Fragment] = []
    for place, box in enumerate(tops):
        if box.kind != "moof":
            continue
        rest = tops[place + 1 :]
        stop = next(
            (later.start for later in rest if later.kind in ("moof", "styp", "sidx", "prft", "mfra")), len(data)
        )
        fragments += [_fragment(data, traf, tracks, box.start, stop) for traf in _within(data, box, "traf")]
    return Pieces(moov.stop, tracks, fragments)


def boxes(data: bytes, start: int, stop: int) -> Iterator[Box]:
    at = start
    while at < stop:
        if stop - at < 8:
            raise Malformed("the last box is cut off")
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        elif size == 0:
            size = stop - at
        if size < head or at + size > stop:
            raise Malformed(f"a box of {size} bytes where {stop - at} are left")
        yield Box(kind.decode("latin-1"), at, at + head, at + size)
        at += size


def _within(data: bytes, box: Box, *path: str) -> list[Box]:
    found = [box]
    for kind in path:
        found = [one for parent in found for one in boxes(data, parent.body, parent.stop) if one.kind == kind]
    return found


def _only(data: bytes, box: Box, *path: str) -> Box:
    found = _within(data, box, *path)
    if not found:
        raise Malformed(f"no {'/'.join(path)} in {box.kind}")
    return found[0]


def _tracks(data: bytes, moov: Box) -> Iterator[Track]:
    defaults = {}
    for trex in _within(data, moov, "mvex", "trex"):
        number, _description, duration, size, flags = struct.unpack_from(">5I", data, trex.body + 4)
        defaults[number] = (duration, size, flags)
    for trak in _within(data, moov, "trak"):
        header = _only(data, trak, "tkhd")
        (number,) = struct.unpack_from(">I", data, header.body + (20 if data[header.body] else 12))
        media = _only(data, trak, "mdia", "mdhd")
        (timescale,) = struct.unpack_from(">I", data, media.body + (20 if data[media.body] else 12))
        handler = _only(data, trak, "mdia", "hdlr")
        kind = data[handler.body + 8 : handler.body + 12].decode("latin-1")
        described = _only(data, trak, "mdia", "minf", "stbl", "stsd")
        duration, size, flags = defaults.get(number, (0, 0, 0))
        track = Track(
            number, kind, timescale, "", skipped=_skipped(data, trak),
            sample_duration=duration, sample_size=size, sample_flags=flags,
        )  # fmt: skip
        yield _described(data, described, track)


def _skipped(data: bytes, trak: Box) -> int:
    for table in _within(data, trak, "edts", "elst"):
        (count,) = struct.unpack_from(">I", data, table.body + 4)
        long = bool(data[table.body])
        for place in range(min(count, 100)):
            at = table.body + 8 + place * (20 if long else 12)
            _length, time = struct.unpack_from(">Qq" if long else ">Ii", data, at)
            if time >= 0:
                return int(time)
    return 0


def _described(data: bytes, table: Box, track: Track) -> Track:
    entry = next(boxes(data, table.body + 8, table.stop), None)
    if entry is None:
        raise Malformed("no description of the samples")
    if track.kind == "vide":
        width, height = struct.unpack_from(">HH", data, entry.body + 24)
        inner = {box.kind: data[box.body : box.stop] for box in boxes(data, entry.body + 78, entry.stop)}
        return replace(track, codecs=codec_names.of(entry.kind, inner), width=width, height=height)
    if track.kind == "soun":
        channels, _bits, _more, rate = struct.unpack_from(">HHII", data, entry.body + 16)
        inner = {box.kind: data[box.body : box.stop] for box in boxes(data, entry.body + 28, entry.stop)}
        return replace(track, codecs=codec_names.of(entry.kind, inner), channels=channels, rate=rate >> 16)
    return replace(track, codecs=entry.kind)


def _fragment(data: bytes, traf: Box, tracks: dict[int, Track], start: int, stop: int) -> Fragment:
    header = _only(data, traf, "tfhd")
    told, number = struct.unpack_from(">II", data, header.body)
    track = tracks[number]
    at = header.body + 8 + (8 if told & 0x1 else 0) + (4 if told & 0x2 else 0)
    duration, size, flags = track.sample_duration, track.sample_size, track.sample_flags
    if told & 0x8:
        (duration,) = struct.unpack_from(">I", data, at)
        at += 4
    if told & 0x10:
        (size,) = struct.unpack_from(">I", data, at)
        at += 4
    if told & 0x20:
        (flags,) = struct.unpack_from(">I", data, at)
    decoded = _only(data, traf, "tfdt")
    (begins,) = struct.unpack_from(">Q" if data[decoded.body] else ">I", data, decoded.body + 4)
    samples: list[Sample] = []
    time = begins
    for run in _within(data, traf, "trun"):
        for sample in _run(data, run, time, duration, size, flags):
            samples.append(sample)
            time += sample.duration
    return Fragment(number, start, stop, begins, tuple(samples))


def _run(data: bytes, run: Box, time: int, duration: int, size: int, flags: int) -> Iterator[Sample]:
    told, count = struct.unpack_from(">II", data, run.body)
    if count > MOST_SAMPLES:
        raise Malformed(f"{count} samples in one run")
    at = run.body + 8 + (4 if told & 0x1 else 0)
    first = flags
    if told & 0x4:
        (first,) = struct.unpack_from(">I", data, at)
        at += 4
    signed = bool(data[run.body])
    for place in range(count):
        length, bytes_, how, offset = duration, size, first if place == 0 else flags, 0
        if told & 0x100:
            (length,) = struct.unpack_from(">I", data, at)
            at += 4
        if told & 0x200:
            (bytes_,) = struct.unpack_from(">I", data, at)
            at += 4
        if told & 0x400:
            (how,) = struct.unpack_from(">I", data, at)
            at += 4
        if told & 0x800:
            (offset,) = struct.unpack_from(">i" if signed else ">I", data, at)
            at += 4
        if at > run.stop:
            raise Malformed("a run longer than its box")
        yield Sample(time, time + offset, length, bytes_, not how & NOT_SYNC)
        time += length
