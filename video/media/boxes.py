"""fMP4 as ffmpeg writes it, put right where it lies: every part begins at its own moment, and is told in segments.

ISO/IEC 14496-12: a file is boxes of ``size, type, content``; ``ftyp`` and ``moov`` are the head (the same for all parts of a rendition), then
``moof`` (when and how large its pictures are) and ``mdat`` (these) take turns.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

MOST_HEAD: Final = 4 * 2**20
MOST_MOOF: Final = 64 * 2**20
DEFAULT_BASE, EACH_DURATION, EACH_SIZE, EACH_FLAGS, EACH_OFFSET = 0x020000, 0x100, 0x200, 0x400, 0x800


class Malformed(ValueError):
    """It is not what ffmpeg was told to write."""


@dataclass(frozen=True, slots=True)
class Box:
    """Within the bytes it was found in: ``content`` from there, up to ``end``."""

    kind: bytes
    start: int
    content: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Fragment:
    """A ``moof`` and its ``mdat``; ``duration`` in ticks."""

    offset: int
    size: int
    samples: int
    duration: int


@dataclass(frozen=True, slots=True)
class Layout:
    """``segments``: ``[offset, size, seconds]`` each; ``ticks`` and ``samples`` of all together."""

    init_size: int
    init_sha: str
    codecs: str
    timescale: int
    segments: list[list[float]]
    ticks: int
    samples: int

    @property
    def peak(self) -> int:
        """Bits a second of the fastest segment that is no mere rest."""
        whole = [one for one in self.segments if one[2] >= 1] or self.segments
        return max((int(size * 8 / seconds) for _, size, seconds in whole if seconds), default=0)

    @property
    def average(self) -> int:
        seconds = sum(one[2] for one in self.segments)
        return int(sum(one[1] for one in self.segments) * 8 / seconds) if seconds else 0


def walk(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        content = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, content)
            content += 8
        if size < content - start or start + size > end:
            raise Malformed(f"box {kind!r} of {size} bytes")
        yield Box(kind, start, content, start + size)
        start += size


def find(data: bytes, path: str, start: int = 0, end: int | None = None) -> Box:
    """The first box along ``path`` as "moov/trak/mdia". Raises Malformed."""
    name, _, rest = path.partition("/")
    box = next((one for one in walk(data, start, end) if one.kind == name.encode()), None)
    if box is None:
        raise Malformed(f"no {name}")
    return find(data, rest, box.content, box.end) if rest else box


def top(file: IO[bytes]) -> Iterator[Box]:
    """The outermost boxes of a file, read by their heads alone."""
    at, size = 0, file.seek(0, 2)
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, kind = struct.unpack_from(">I4s", head)
        content = at + 8
        if length == 1:
            length, content = struct.unpack_from(">Q", head, 8)[0], at + 16
        if length < content - at or at + length > size:
            raise Malformed(f"box {kind!r} of {length} bytes at {at}")
        yield Box(kind, at, content, at + length)
        at += length


def settle(path: Path, *, start: int, grid: int, near: int, most: int | None = None, first: int = 1) -> Layout:
    """Writes into each fragment of ``path`` when it comes, from tick ``start`` on, so that its first picture is shown just then, and
    numbers it from ``first`` on.

    ``grid``: ticks from segment to segment; a fragment that begins within ``near`` ticks of it or beyond begins one. ``most``: what comes
    after so many ticks is cut off. Raises Malformed.
    """
    with path.open("r+b") as file:
        boxes = [box for box in top(file) if box.kind in (b"ftyp", b"moov", b"moof", b"mdat")]
        head, pairs = _parted(boxes)
        file.seek(0)
        init = file.read(head)
        timescale = _timescale(init)
        at, samples = 0, 0
        segments: list[list[int]] = []
        for number, (moof, mdat) in enumerate(pairs):
            if most is not None and at >= most - near:
                file.truncate(moof.start)
                break
            file.seek(moof.start)
            data = bytearray(file.read(moof.size))
            fragment = _put_right(data, moof, mdat, start + at, number + first)
            file.seek(moof.start)
            file.write(data)
            _into_segments(segments, fragment, at, grid, near)
            at += fragment.duration
            samples += fragment.samples
    return Layout(
        head, hashlib.sha256(init).hexdigest(), codecs(init), timescale,
        [[offset, size, round(ticks / timescale, 6)] for offset, size, ticks, _ in segments], at, samples,
    )  # fmt: skip


def without_beginning(path: Path, since: int) -> None:
    """Cuts off the fragments that begin before tick ``since`` of the clock that the file was written by. Raises Malformed."""
    with path.open("r+b") as file:
        head, pairs = _parted([box for box in top(file) if box.kind in (b"ftyp", b"moov", b"moof", b"mdat")])
        kept = next((moof for moof, _ in pairs if _time(file, moof) >= since), None)
        if kept is None:
            raise Malformed(f"nothing from {since} on")
        to, at = head, kept.start
        while at > to:
            file.seek(at)
            data = file.read(1 << 20)
            if not data:
                file.truncate(to)
                break
            file.seek(to)
            file.write(data)
            at, to = at + len(data), to + len(data)


def begins(path: Path) -> int:
    """Tick of the first fragment, as it was written. Raises Malformed."""
    with path.open("rb") as file:
        moof = next((box for box in top(file) if box.kind == b"moof"), None)
        if moof is None:
            raise Malformed("no fragment")
        return _time(file, moof)


def _time(file: IO[bytes], moof: Box) -> int:
    file.seek(moof.start)
    data = file.read(moof.size)
    tfdt = find(data, "moof/traf/tfdt")
    return int.from_bytes(data[tfdt.content + 4 : tfdt.end])


def _parted(boxes: list[Box]) -> tuple[int, list[tuple[Box, Box]]]:
    heads = [box for box in boxes if box.kind in (b"ftyp", b"moov")]
    rest = boxes[len(heads) :]
    if [box.kind for box in boxes[:2]] != [b"ftyp", b"moov"] or len(heads) != 2 or heads[-1].end > MOST_HEAD:
        raise Malformed("no head")
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    if not pairs or len(rest) % 2:
        raise Malformed("no whole fragment")
    for moof, mdat in pairs:
        if (moof.kind, mdat.kind) != (b"moof", b"mdat") or moof.end != mdat.start or moof.size > MOST_MOOF:
            raise Malformed("fragments out of order")
    return heads[-1].end, pairs


def _into_segments(segments: list[list[int]], fragment: Fragment, at: int, grid: int, near: int) -> None:
    """``segments`` of offset, size, ticks and number on the grid."""
    number = (at + near) // grid
    if segments and segments[-1][3] == number and segments[-1][0] + segments[-1][1] == fragment.offset:
        segments[-1][1] += fragment.size
        segments[-1][2] += fragment.duration
    else:
        segments.append([fragment.offset, fragment.size, fragment.duration, number])


def _put_right(data: bytearray, moof: Box, mdat: Box, time: int, number: int) -> Fragment:
    whole = bytes(data)
    struct.pack_into(">I", data, find(whole, "moof/mfhd").content + 4, number)
    traf = find(whole, "moof/traf")
    tfhd = find(whole, "tfhd", traf.content, traf.end)
    tfdt = find(whole, "tfdt", traf.content, traf.end)
    if whole[tfdt.content] != 1:
        raise Malformed("a time of 32 bits")
    struct.pack_into(">Q", data, tfdt.content + 4, time)
    duration, samples, lead = 0, 0, None
    for box in walk(whole, traf.content, traf.end):
        if box.kind == b"trun":
            run_duration, run_samples, run_lead = _put_run_right(data, box, _default_duration(whole, tfhd), lead)
            duration, samples, lead = duration + run_duration, samples + run_samples, run_lead
    return Fragment(moof.start, mdat.end - moof.start, samples, duration)


def _default_duration(data: bytes, tfhd: Box) -> int:
    flags = struct.unpack_from(">I", data, tfhd.content)[0] & 0xFFFFFF
    at = tfhd.content + 8
    at += 8 * bool(flags & 1) + 4 * bool(flags & 2)
    return struct.unpack_from(">I", data, at)[0] if flags & 8 else 0


def _put_run_right(data: bytearray, box: Box, default: int, lead: int | None) -> tuple[int, int, int]:
    """Offsets from decoding to showing are counted from the first picture's, which is shown when it is decoded: they may be negative then."""
    word, count = struct.unpack_from(">II", data, box.content)
    flags, at = word & 0xFFFFFF, box.content + 8
    at += 4 * bool(flags & 1) + 4 * bool(flags & 4)
    width = 4 * sum(bool(flags & one) for one in (EACH_DURATION, EACH_SIZE, EACH_FLAGS, EACH_OFFSET))
    if at + width * count > box.end:
        raise Malformed("a run longer than its box")
    duration = default * count
    if flags & EACH_DURATION:
        duration = sum(struct.unpack_from(">I", data, at + width * one)[0] for one in range(count))
    if not flags & EACH_OFFSET:
        return duration, count, lead or 0
    place = at + width - 4
    offsets = [struct.unpack_from(">i", data, place + width * one)[0] for one in range(count)]
    lead = offsets[0] if lead is None else lead
    for one, offset in enumerate(offsets):
        struct.pack_into(">i", data, place + width * one, offset - lead)
    # Version 1: what may be negative.
    struct.pack_into(">I", data, box.content, 0x01000000 | flags)
    return duration, count, lead


def _timescale(init: bytes) -> int:
    mdhd = find(init, "moov/trak/mdia/mdhd")
    return int(struct.unpack_from(">I", init, mdhd.content + (20 if init[mdhd.content] else 12))[0])


def codecs(init: bytes) -> str:
    """As RFC 6381 and the bindings of each codec to ISO files have it."""
    stsd = find(init, "moov/trak/mdia/minf/stbl/stsd")
    entry = next(walk(init, stsd.content + 8, stsd.end), None)
    if entry is None:
        raise Malformed("no kind of sample")
    name = entry.kind.decode("ascii", "replace")
    inner = entry.content + (28 if name in ("mp4a", "Opus") else 78)
    if name in ("avc1", "avc3"):
        at = find(init, "avcC", inner, entry.end).content
        return f"{name}.{init[at + 1]:02x}{init[at + 2]:02x}{init[at + 3]:02x}"
    if name in ("hvc1", "hev1"):
        return f"{name}.{_hevc(init[find(init, 'hvcC', inner, entry.end).content :])}"
    if name == "av01":
        return f"av01.{_av1(init[find(init, 'av1C', inner, entry.end).content :])}"
    if name == "vp09":
        at = find(init, "vpcC", inner, entry.end).content + 4
        return f"vp09.{init[at]:02d}.{init[at + 1]:02d}.{init[at + 2] >> 4:02d}"
    if name == "mp4a":
        return "mp4a.40.2"
    raise Malformed(f"samples of kind {name}")


def _hevc(record: bytes) -> str:
    space, tier, profile = record[1] >> 6, record[1] >> 5 & 1, record[1] & 31
    flags = int(f"{int.from_bytes(record[2:6]):032b}"[::-1], 2)
    limits = record[6:12].rstrip(b"\0")
    said = [
        f"{('', 'A', 'B', 'C')[space]}{profile}",
        f"{flags:X}",
        f"{'LH'[tier]}{record[12]}",
        *(f"{one:X}" for one in limits),
    ]
    return ".".join(said)


def _av1(record: bytes) -> str:
    profile, level = record[1] >> 5, record[1] & 31
    tier, high, twelve = record[2] >> 7, record[2] >> 6 & 1, record[2] >> 5 & 1
    return f"{profile}.{level:02d}{'MH'[tier]}.{(8, 10, 12)[high + twelve]:02d}"
