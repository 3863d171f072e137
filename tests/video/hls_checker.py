"""Says what is wrong with a stream: reads its playlists as a player does, and its bytes as they are, and compares what one says of the other.

    problems = check(fetch, "master.m3u8")     # fetch(address relative to the master) -> bytes

Written without the code that makes streams and playlists: boxes are read by :mod:`tests.video.fmp4`, which has tests against ffprobe.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from tests.video import fmp4

Fetch = Callable[[str], bytes]

INF_SECONDS = 0.05
"""How far a told duration may be from the real one."""

SYNC_SECONDS = 0.05
END_SECONDS = 0.25
HONEST = 1.25
"""BANDWIDTH may be above the real peak, and not so far above that players choose worse pictures for it."""

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')


@dataclass
class Segment:
    file: str
    offset: int
    size: int
    told: float
    head: tuple[str, int, int]


@dataclass
class Media:
    address: str
    target: int = 0
    kind: str = ""
    ended: bool = False
    version: int = 1
    segments: list[Segment] = field(default_factory=list)

    @property
    def peak(self) -> float:
        """Bits a second of the fastest run of segments that is neither shorter than half the target nor longer than one and a half."""
        found = [0.0]
        for first in range(len(self.segments)):
            seconds = size = 0.0
            for segment in self.segments[first:]:
                seconds, size = seconds + segment.told, size + segment.size
                if 0.5 * self.target <= seconds <= 1.5 * self.target:
                    found.append(8 * size / seconds)
        total = sum(one.told for one in self.segments)
        if total < 0.5 * self.target and total:
            found.append(8 * sum(one.size for one in self.segments) / total)
        return max(found)

    @property
    def average(self) -> float:
        total = sum(one.told for one in self.segments)
        return 8 * sum(one.size for one in self.segments) / total if total else 0.0


@dataclass
class Real:
    """A segment as its bytes are; times in seconds."""

    codecs: str
    track: fmp4.Track
    begins: float
    ends: float
    shown: float
    frames: int
    key_first: bool


def check(fetch: Fetch, master: str, *, growing: bool = False) -> list[str]:
    """``growing``: it is still being made, so that renditions may end at different times."""
    return list(_Checker(fetch, master, growing).problems())


def attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(line.partition(":")[2])}


def media(text: str, address: str) -> Media:
    """Raises ValueError for what is no such playlist."""
    if not text.startswith("#EXTM3U\n"):
        raise ValueError(f"{address} does not begin as a playlist")
    found, told, span, head = Media(address), 0.0, "0@0", ("", 0, 0)
    last: dict[str, int] = {}
    folder = posixpath.dirname(address)
    for line in text.splitlines():
        tag, _colon, value = line.partition(":")
        if tag == "#EXT-X-TARGETDURATION":
            found.target = int(value)
        elif tag == "#EXT-X-VERSION":
            found.version = int(value)
        elif tag == "#EXT-X-PLAYLIST-TYPE":
            found.kind = value
        elif tag == "#EXT-X-ENDLIST":
            found.ended = True
        elif tag == "#EXTINF":
            told = float(value.split(",")[0])
        elif tag == "#EXT-X-BYTERANGE":
            span = value
        elif tag == "#EXT-X-MAP":
            at = attributes(line)
            size, _at, offset = at["BYTERANGE"].partition("@")
            head = (posixpath.normpath(posixpath.join(folder, at["URI"])), int(offset or 0), int(size))
        elif line and not line.startswith("#"):
            file = posixpath.normpath(posixpath.join(folder, line))
            size, _at, offset = span.partition("@")
            start = int(offset) if offset else last[file]
            found.segments.append(Segment(file, start, int(size), told, head))
            last[file] = start + int(size)
            told, span = 0.0, "0@0"
    return found


class _Checker:
    def __init__(self, fetch: Fetch, master: str, growing: bool) -> None:
        self._fetch = fetch
        self._folder = posixpath.dirname(master)
        self._text = fetch(master).decode()
        self._growing = growing
        self._files: dict[str, bytes] = {}
        self._media: dict[str, Media] = {}
        self._real: dict[str, list[Real]] = {}

    def problems(self) -> Iterator[str]:
        lines = self._text.splitlines()
        if lines[:1] != ["#EXTM3U"] or "#EXT-X-INDEPENDENT-SEGMENTS" not in lines:
            yield "the master is no playlist, or does not promise independent segments"
        if not self._variants:
            yield "no variant"
        for address in self._addresses:
            yield from self._of_media(address)
        for told, address in self._variants:
            yield from self._of_variant(told, address)
        yield from self._groups()
        yield from self._aligned()
        yield from self._together()

    @cached_property
    def _variants(self) -> list[tuple[dict[str, str], str]]:
        lines = self._text.splitlines()
        return [
            (attributes(line), self._at(after)) for line, after in pairwise(lines) if line.startswith("#EXT-X-STREAM-INF:")
        ]  # fmt: skip

    @cached_property
    def _tracks(self) -> list[dict[str, str]]:
        return [attributes(line) for line in self._text.splitlines() if line.startswith("#EXT-X-MEDIA:")]

    @cached_property
    def _audio(self) -> list[str]:
        return [self._at(one["URI"]) for one in self._tracks if one["TYPE"] == "AUDIO"]

    @property
    def _addresses(self) -> list[str]:
        return list(dict.fromkeys([*(address for _told, address in self._variants), *self._audio]))

    def _at(self, address: str) -> str:
        return posixpath.normpath(posixpath.join(self._folder, address))

    def _bytes(self, file: str) -> bytes:
        if file not in self._files:
            self._files[file] = self._fetch(file)
        return self._files[file]

    def _playlist(self, address: str) -> Media:
        if address not in self._media:
            self._media[address] = media(self._fetch(address).decode(), address)
        return self._media[address]

    def _reals(self, address: str) -> list[Real]:
        if address not in self._real:
            self._real[address] = [self._read(segment) for segment in self._playlist(address).segments]
        return self._real[address]

    def _read(self, segment: Segment) -> Real:
        file, start, size = segment.head
        head = self._bytes(file)[start : start + size]
        body = self._bytes(segment.file)[segment.offset : segment.offset + segment.size]
        pieces = fmp4.read(head + body)
        if len(body) != segment.size or pieces.init_size != len(head):
            raise ValueError(f"{segment.file}: the byte ranges are not those of head and segment")
        (track,) = pieces.tracks.values()
        samples = [sample for one in pieces.fragments for sample in one.samples]
        if not samples or sum(sample.size for sample in samples) > segment.size:
            raise ValueError(f"{segment.file}: not all of the samples are in the segment")
        unit = track.timescale
        return Real(
            track.codecs, track, pieces.fragments[0].begins / unit, pieces.fragments[-1].ends / unit,
            (min(one.shown for one in samples) - track.skipped) / unit, len(samples), samples[0].sync,
        )  # fmt: skip

    def _of_media(self, address: str) -> Iterator[str]:
        try:
            playlist, reals = self._playlist(address), self._reals(address)
        except (ValueError, KeyError, fmp4.Malformed) as problem:
            yield f"{address}: {problem}"
            return
        if not reals:
            yield f"{address}: no segment"
        if playlist.version < 7:
            yield f"{address}: fMP4 needs version 7"
        if playlist.kind not in ("VOD", "EVENT") or (playlist.kind == "VOD") != playlist.ended:
            yield f"{address}: {playlist.kind or 'of no kind'}, and its end is{'' if playlist.ended else ' not'} told"
        if not self._growing and not playlist.ended:
            yield f"{address}: goes on"
        for number, (segment, real) in enumerate(zip(playlist.segments, reals, strict=True)):
            if int(segment.told + 0.5) > playlist.target:
                yield f"{address}: segment {number} of {segment.told} s is longer than the target of {playlist.target} s"
            if abs(segment.told - (real.ends - real.begins)) > INF_SECONDS:
                yield f"{address}: segment {number} is told to be {segment.told} s and is {real.ends - real.begins:.3f} s"
            if not real.key_first:
                yield f"{address}: segment {number} does not begin with a key frame"
        for number, (before, after) in enumerate(pairwise(reals)):
            if abs(before.ends - after.begins) > 2 / before.track.timescale:
                yield f"{address}: segment {number + 1} begins at {after.begins:.4f} s, and the one before ends at {before.ends:.4f} s"

    def _of_variant(self, told: dict[str, str], address: str) -> Iterator[str]:
        playlist, reals = self._playlist(address), self._real.get(address)
        if not reals:
            return
        others = [one for one in self._audio if one != address] if "AUDIO" in told else []
        is_audio = reals[0].track.kind == "soun"
        codecs = {reals[0].codecs, *(self._real[one][0].codecs for one in others if self._real.get(one))}
        if set(told.get("CODECS", "").lower().split(",")) != {one.lower() for one in codecs}:
            yield f"{address}: CODECS {told.get('CODECS')} and not {sorted(codecs)}"
        beside = [] if is_audio else others
        peak = playlist.peak + max((self._playlist(one).peak for one in beside), default=0)
        average = playlist.average + max((self._playlist(one).average for one in beside), default=0)
        bandwidth, mean = int(told["BANDWIDTH"]), int(told["AVERAGE-BANDWIDTH"])
        if not peak * 0.999 <= bandwidth:
            yield f"{address}: BANDWIDTH {bandwidth} is below the real peak of {peak:.0f}"
        if bandwidth > HONEST * peak and playlist.ended:
            yield f"{address}: BANDWIDTH {bandwidth} is far above the real peak of {peak:.0f}"
        if playlist.ended and abs(mean - average) > 0.05 * average:
            yield f"{address}: AVERAGE-BANDWIDTH {mean} and not {average:.0f}"
        if not is_audio:
            yield from self._of_pictures(told, address, reals)

    def _of_pictures(self, told: dict[str, str], address: str, reals: list[Real]) -> Iterator[str]:
        track = reals[0].track
        if told.get("RESOLUTION") != f"{track.width}x{track.height}":
            yield f"{address}: RESOLUTION {told.get('RESOLUTION')} and not {track.width}x{track.height}"
        rate = sum(one.frames for one in reals) / (reals[-1].ends - reals[0].begins)
        if abs(float(told.get("FRAME-RATE", 0)) - rate) > 0.01 * rate:
            yield f"{address}: FRAME-RATE {told.get('FRAME-RATE')} and not {rate:.3f}"
        if told.get("VIDEO-RANGE") not in ("SDR", "HLG", "PQ"):
            yield f"{address}: no VIDEO-RANGE"

    def _groups(self) -> Iterator[str]:
        names = [(one["TYPE"], one["GROUP-ID"], one["NAME"]) for one in self._tracks]
        if len(set(names)) != len(names):
            yield "two tracks of one group have one name"
        for kind in ("AUDIO", "SUBTITLES"):
            groups = {one["GROUP-ID"] for one in self._tracks if one["TYPE"] == kind}
            if {told[kind] for told, _address in self._variants if kind in told} != groups:
                yield f"variants and tracks name different groups of {kind}"
            chosen = [one for one in self._tracks if one["TYPE"] == kind and one.get("DEFAULT") == "YES"]
            if len(chosen) > 1 or (kind == "AUDIO" and groups and not chosen):
                yield f"{len(chosen)} tracks of {kind} are chosen from the beginning"

    def _pictures(self) -> dict[str, list[Real]]:
        told = {address: self._real.get(address) or [] for _told, address in self._variants}
        return {address: reals for address, reals in told.items() if reals and reals[0].track.kind == "vide"}

    def _aligned(self) -> Iterator[str]:
        """Segments of all renditions begin at the same moments, so that a player can change between them anywhere."""
        pictures = self._pictures()
        if not pictures:
            return
        first, *others = pictures
        for other in others:
            if len(pictures[first]) != len(pictures[other]) and not self._growing:
                yield f"{other}: {len(pictures[other])} segments, and {len(pictures[first])} in {first}"
            for number, (one, two) in enumerate(zip(pictures[first], pictures[other], strict=False)):
                half = (one.ends - one.begins) / one.frames / 2
                if abs(one.shown - two.shown) > half:
                    yield f"{other}: segment {number} begins at {two.shown:.4f} s, and at {one.shown:.4f} s in {first}"

    def _together(self) -> Iterator[str]:
        """Pictures and sound begin and end at the same time."""
        for address, reals in self._pictures().items():
            for track in self._audio:
                sound = self._real.get(track)
                if not sound:
                    continue
                if abs(reals[0].shown - sound[0].shown) > SYNC_SECONDS:
                    yield f"{address} begins at {reals[0].shown:.3f} s, and {track} at {sound[0].shown:.3f} s"
                if not self._growing and abs(reals[-1].ends - sound[-1].ends) > END_SECONDS:
                    yield f"{address} ends at {reals[-1].ends:.3f} s, and {track} at {sound[-1].ends:.3f} s"
