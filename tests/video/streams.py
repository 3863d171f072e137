"""A small stream made by ffmpeg by hand: two sizes of the pictures in two parts each, one track of sound. 11 seconds."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.video import fmp4
from video.hls import playlists

PLACE = "0123456789abcdef0123456789abcdef"
SECONDS = 11
CHUNKS = ((0, 8), (8, 3))
_FRAGMENTS = "+frag_keyframe+empty_moov+default_base_moof+frag_discont+negative_cts_offsets"


@dataclass(frozen=True)
class MadePart:
    number: int
    start: float
    duration: float
    path: Path
    size: int
    init_size: int
    init_sha: str
    segments: list[list[float]]


@dataclass(frozen=True)
class Made:
    """A rendition, with the fields that its row has."""

    name: str
    kind: str
    codec: str
    codecs: str
    bandwidth: int
    average: int
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    channels: int | None = None
    language: str = ""
    label: str = ""
    default: bool = False
    parts: list[MadePart] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


@dataclass(frozen=True)
class Stream:
    renditions: list[Made]

    @property
    def pictures(self) -> list[Made]:
        return [one for one in self.renditions if one.kind == "video"]

    @property
    def sound(self) -> list[Made]:
        return [one for one in self.renditions if one.kind == "audio"]

    def with_changed(self, name: str, **changes: object) -> "Stream":
        return Stream([replace(one, **changes) if one.name == name else one for one in self.renditions])  # type: ignore[arg-type]

    def fetch(self, captions: list[playlists.Caption] | None = None, ended: bool = True) -> Callable[[str], bytes]:
        """Playlists as they are written, and the files behind them."""
        answers = {"master.m3u8": playlists.master(self.pictures, self.sound, captions or []).encode()}
        for one in self.renditions:
            answers[f"{one.name}.m3u8"] = playlists.media(one.name, PLACE, one.parts, ended=ended).encode()
            answers |= {f"{PLACE}/{one.name}/{part.number}.mp4": part.path.read_bytes() for part in one.parts}
        return answers.__getitem__

    def written(self, folder: Path, *, ended: bool = True) -> Path:
        """As files that a player opens; the master among them."""
        fetch = self.fetch(ended=ended)
        names = ["master.m3u8", *(f"{one.name}.m3u8" for one in self.renditions)]
        names += [f"{PLACE}/{one.name}/{part.number}.mp4" for one in self.renditions for part in one.parts]
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fetch(name))
        return folder / "master.m3u8"


def make(folder: Path) -> Stream:
    renditions = [_pictures(folder, "90p", 160, 90), _pictures(folder, "180p", 320, 180), _sound(folder)]
    return Stream(renditions)


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True, timeout=60)


def ffprobe(path: Path) -> dict[str, object]:
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-show_packets", "-of", "json", path], capture_output=True, check=True
    )  # fmt: skip
    found: dict[str, object] = json.loads(told.stdout)
    return found


def _pictures(folder: Path, name: str, width: int, height: int) -> Made:
    parts = []
    for number, (start, seconds) in enumerate(CHUNKS):
        path = folder / name / f"{number}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        ffmpeg(
            "-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r=25:d={SECONDS}", "-ss", str(start), "-t", str(seconds), "-c:v", "libx264",
            "-preset", "ultrafast", "-bf", "2", "-g", "100", "-keyint_min", "100", "-sc_threshold", "0", "-crf", "38", "-pix_fmt", "yuv420p",
            "-output_ts_offset", str(start), "-avoid_negative_ts", "disabled", "-use_editlist", "0", "-movflags", _FRAGMENTS, path,
        )  # fmt: skip
        parts.append(part(path, number, start))
    return of(name, "video", "h264", parts, width=width, height=height, frame_rate=25.0)


def _sound(folder: Path) -> Made:
    path = folder / "audio-0" / "0.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    ffmpeg(
        "-f", "lavfi", "-i", f"sine=d={SECONDS}:r=48000", "-ac", "2", "-c:a", "aac", "-b:a", "48k", "-avoid_negative_ts", "disabled",
        "-use_editlist", "0", "-movflags", "+empty_moov+default_base_moof", "-frag_duration", "4000000", path,
    )  # fmt: skip
    return of("audio-0", "audio", "aac", [part(path, 0, 0)], channels=2, language="en", label="English", default=True)


def part(path: Path, number: int, start: float) -> MadePart:
    data = path.read_bytes()
    pieces = fmp4.read(data)
    (track,) = pieces.tracks.values()
    segments = [[one.start, one.stop - one.start, one.duration / track.timescale] for one in pieces.fragments]
    seconds = sum(one[2] for one in segments)
    head = hashlib.sha256(data[: pieces.init_size]).hexdigest()
    return MadePart(number, start, seconds, path, len(data), pieces.init_size, head, segments)


def of(name: str, kind: str, codec: str, parts: list[MadePart], **more: object) -> Made:
    (track,) = fmp4.read(parts[0].path.read_bytes()).tracks.values()
    spans = [segment for part in parts for segment in part.segments]
    peak = max(8 * size / seconds for _offset, size, seconds in spans if seconds >= 2)
    average = 8 * sum(one[1] for one in spans) / sum(one[2] for one in spans)
    return Made(name, kind, codec, track.codecs, round(peak), round(average), parts=parts, **more)  # type: ignore[arg-type]
