"""Makes parts: one fMP4 a rung and chunk, one a track of sound."""

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from video.media import boxes, codecs, filters, languages
from video.media.confinement import Limits, first_bytes, never, reading, run, threads, working_folder
from video.media.ladder import SEGMENT_SECONDS, Chunk, Plan, Rung, Track
from video.media.refusals import Refused, Trouble

Progress = Callable[[float], None]
Stop = Callable[[], bool]

LEAST_TIMESCALE: Final = 10_000
EARLIER: Final = (2.0, 30.0, math.inf)
"""Seconds before a chunk at which reading begins, one tried after the other: a search may land too late in a damaged file."""

SOUND_RATE: Final = 48_000
SOUND_FRAME: Final = 1_024
"""Samples of one packet of AAC, and the samples by which ffmpeg's encoder is late."""

SOUND_RATES: Final = {1: "96k", 2: "128k", 6: "384k"}
LAYOUTS: Final = {1: "mono", 2: "stereo", 6: "5.1"}
FRAGMENTED: Final = (
    "-map_metadata",
    "-1",
    "-map_chapters",
    "-1",
    "-fflags",
    "+bitexact",
    "-flags:v",
    "+bitexact",
    "-flags:a",
    "+bitexact",
)
MP4: Final = ("-movflags", "+cmaf+skip_trailer+frag_keyframe", "-f", "mp4")
REPORTED: Final = ("-nostats", "-progress", "pipe:1", "-stats_period", "0.5")


@dataclass(frozen=True, slots=True)
class MadePart:
    """``name`` of its rung or track. ``segments``: ``[offset, size, seconds]``; ``peak`` and ``average`` in bits a second."""

    name: str
    path: Path
    size: int
    init_size: int
    init_sha: str
    segments: list[list[float]]
    codecs: str
    peak: int
    average: int

    @property
    def duration(self) -> float:
        return sum(one[2] for one in self.segments)


@dataclass(frozen=True, slots=True)
class _Job:
    """What all runs for one call have in common. ``limits``: those of the settings where None."""

    source: Path
    plan: Plan
    folder: Path
    progress: Progress
    stop: Stop
    limits: Limits | None


def nobody(_done: float) -> None:
    """Hears of progress."""


def encode_video(
    source: Path, plan: Plan, rungs: Sequence[Rung], chunk: Chunk, folder: Path,
    *, progress: Progress = nobody, stop: Stop = never, limits: Limits | None = None,
) -> list[MadePart]:  # fmt: skip
    """One part for each of ``rungs``, in their order, written to ``folder``; ``progress`` hears of 0 to 1.

    Raises Stopped, Refused (nothing of it can be decoded) or Trouble.
    """
    job = _Job(source, plan, folder, progress, stop, limits)
    made = {rung.name: part for rung in rungs if rung.copy and (part := _copied(job, rung, chunk))}
    if others := [replace(rung, copy=False) for rung in rungs if rung.name not in made]:
        made |= {part.name: part for part in _encoded(job, others, chunk)}
    progress(1.0)
    return [made[rung.name] for rung in rungs]


def timescale(rung: Rung) -> int:
    """Ticks a second, in which each picture lasts a whole number of them."""
    return rung.rate[0] * math.ceil(LEAST_TIMESCALE / rung.rate[0])


def _ticks(plan: Plan, rung: Rung, pictures: int) -> int:
    """Of so many pictures of the plan's rate."""
    return int(Fraction(pictures * timescale(rung)) / plan.frame_rate)


def _encoded(job: _Job, rungs: Sequence[Rung], chunk: Chunk) -> list[MadePart]:
    said = ""
    for tried in _ways(rungs):
        for earlier in EARLIER:
            begin = max(0.0, chunk.start - earlier)
            said = _ffmpeg(job, tried, chunk, begin)
            parts = [_settled(job.plan, rung, chunk, job.folder / f"{rung.name}.mp4") for rung in tried]
            whole = [part for part in parts if part is not None]
            if len(whole) == len(parts):
                return whole
            if begin == 0 or not any((job.folder / f"{rung.name}.mp4").exists() for rung in tried):
                break
    raise Refused("damaged", said) if chunk.number == 0 else Trouble("broken", said)


def _ways(rungs: Sequence[Rung]) -> list[list[Rung]]:
    """As planned; and by the program, where the hardware does not do it."""
    planned = list(rungs)
    return (
        [planned, [replace(rung, hardware="") for rung in rungs]] if any(rung.hardware for rung in rungs) else [planned]
    )


def _ffmpeg(job: _Job, rungs: Sequence[Rung], chunk: Chunk, begin: float) -> str:
    """Leaves what it made in the folder of the job, and nothing older; returns what it complained of."""
    for rung in rungs:
        (job.folder / f"{rung.name}.mp4").unlink(missing_ok=True)
    with working_folder(job.folder) as empty:
        command = command_for(job.source, job.plan, rungs, chunk, begin)
        ended = run(
            "ffmpeg", command, empty, limits=job.limits, stop=job.stop, line=heard(chunk.duration, job.progress)
        )
        for rung in rungs:
            if (made := empty / f"{rung.name}.mp4").exists():
                shutil.move(made, job.folder / made.name)
    return ended.said or f"status {ended.status}"


def command_for(source: Path, plan: Plan, rungs: Sequence[Rung], chunk: Chunk, begin: float) -> list[str]:
    """What ffmpeg is told to make all of ``rungs`` from one decoding, reading from second ``begin`` on."""
    cores = threads()
    encoders = [codecs.encoder(rung, plan.grid // rung.every, cores) for rung in rungs]
    drawn = filters.graph(plan, rungs, chunk, pad_start=begin == 0, lasts=[one.last for one in encoders])
    before = next((one.before for one in encoders if one.before), ())
    command = ["-hide_banner", "-v", "error", "-nostdin", *REPORTED, *before, *opened(source, plan, begin, cores)]
    command += ["-filter_complex", drawn, "-filter_complex_threads", str(cores or 1)]
    colours = _told_colours(filters.matrix(plan.probe.seen))
    for at, (rung, encoder) in enumerate(zip(rungs, encoders, strict=True)):
        command += [
            "-map", f"[v{at}]", "-fps_mode", "passthrough", "-c:v", encoder.name, *encoder.arguments, *colours, *FRAGMENTED,
            "-video_track_timescale", str(timescale(rung)), *MP4, "-y", f"file:{rung.name}.mp4",
        ]  # fmt: skip
    return command


def _told_colours(matrix: str) -> list[str]:
    transfer = "bt709" if matrix == "bt709" else "smpte170m"
    return ["-colorspace", matrix, "-color_primaries", matrix, "-color_trc", transfer, "-color_range", "tv"]


def opened(source: Path, plan: Plan, begin: float, threads: int) -> list[str]:
    """The file, on a clock that begins with the video; from the key frame before ``begin`` on."""
    search = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{plan.probe.zero + begin:.6f}"] if begin > 0 else []
    return [
        "-copyts", *search, "-itsoffset", f"{-plan.probe.zero:.6f}", "-reinit_filter", "0", "-threads", str(threads),
        *reading(source, plan.probe.container),
    ]  # fmt: skip


def _settled(plan: Plan, rung: Rung, chunk: Chunk, path: Path) -> MadePart | None:
    """None where pictures are missing."""
    per = _ticks(plan, rung, rung.every)
    try:
        layout = boxes.settle(
            path, start=_ticks(plan, rung, chunk.first), grid=_ticks(plan, rung, plan.grid), near=per // 2
        )
    except (boxes.Malformed, OSError):
        return None
    if layout.samples != math.ceil((chunk.beyond - chunk.first) / rung.every):
        return None
    return _part(rung.name, path, layout)


def _part(name: str, path: Path, layout: boxes.Layout) -> MadePart:
    return MadePart(
        name,
        path,
        path.stat().st_size,
        layout.init_size,
        layout.init_sha,
        layout.segments,
        layout.codecs,
        layout.peak,
        layout.average,
    )


def _copied(job: _Job, rung: Rung, chunk: Chunk) -> MadePart | None:
    """The file's own pictures from the key frame at which the chunk begins. None where they do not fill it."""
    plan = job.plan
    last = chunk.number == len(plan.chunks) - 1
    half = float(1 / plan.frame_rate / 2)
    # A search lands at a key frame before this moment, and maybe at an earlier one than the last.
    search = ["-seek_timestamp", "1", "-ss", f"{plan.probe.zero + chunk.start + half:.6f}"] if chunk.number else []
    until = [] if last else ["-to", f"{plan.probe.zero + chunk.end + half:.6f}"]
    clock = ["-itsoffset", f"{-plan.probe.zero:.6f}"]
    command = [
        "-hide_banner", "-v", "error", "-nostdin", *REPORTED, "-copyts", *search, *until, *clock, *reading(job.source, plan.probe.container),
        "-map", f"0:{plan.probe.seen.index}", "-c", "copy", *FRAGMENTED, "-video_track_timescale", str(timescale(rung)), *MP4,
        "-movflags", "+frag_discont", "-y", f"file:{rung.name}.mp4",
    ]  # fmt: skip
    path = job.folder / f"{rung.name}.mp4"
    with working_folder(job.folder) as empty:
        run("ffmpeg", command, empty, limits=job.limits, stop=job.stop)
        if not (empty / path.name).exists():
            return None
        shutil.move(empty / path.name, path)
    start, length = _ticks(plan, rung, chunk.first), _ticks(plan, rung, chunk.beyond - chunk.first)
    near = _ticks(plan, rung, rung.every) // 2
    try:
        boxes.without_beginning(path, start - near)
        if abs(boxes.begins(path) - start) > near:
            return None
        layout = boxes.settle(
            path, start=start, grid=_ticks(plan, rung, plan.grid), near=near, most=None if last else length
        )
    except boxes.Malformed:
        return None
    return _part(rung.name, path, layout) if last or abs(layout.ticks - length) <= near else None


def encode_audio(
    source: Path,
    plan: Plan,
    track: Track,
    folder: Path,
    *,
    progress: Progress = nobody,
    stop: Stop = never,
    limits: Limits | None = None,
) -> MadePart:
    """A whole track, as long as the pictures: what is missing at its beginning, within or at its end is silence. Raises Stopped, Trouble."""
    samples = round(plan.duration * SOUND_RATE)
    # The encoder begins with a packet of nothing. In its place are the first 21 ms, so that all else is heard on time without an edit list,
    # which players read or do not.
    shaped = (
        f"aresample={SOUND_RATE}:async=1:first_pts=0,aformat=channel_layouts={LAYOUTS[track.channels]},"
        f"apad=whole_len={samples},atrim=start_sample={SOUND_FRAME}:end_sample={max(samples, 2 * SOUND_FRAME)},asetpts=N/SR/TB"
    )
    command = [
        "-hide_banner", "-v", "error", "-nostdin", *REPORTED, *opened(source, plan, 0, 1), "-map", f"0:{track.index}", "-af", shaped,
        "-c:a", "aac", "-b:a", SOUND_RATES[track.channels], *FRAGMENTED, "-frag_duration", str(SEGMENT_SECONDS * 1_000_000),
        "-movflags", "+cmaf+skip_trailer", "-f", "mp4", "-y", f"file:{track.name}.mp4",
    ]  # fmt: skip
    path = folder / f"{track.name}.mp4"
    with working_folder(folder) as empty:
        ended = run("ffmpeg", command, empty, limits=limits, stop=stop, line=heard(plan.duration, progress))
        if not (empty / path.name).exists():
            # Of pictures without sound something is left; of this nothing is.
            raise Refused("damaged", ended.said) if not plan.rungs else Trouble("broken", ended.said)
        shutil.move(empty / path.name, path)
    try:
        layout = boxes.settle(path, start=0, grid=1, near=0)
    except boxes.Malformed as problem:
        raise Trouble("broken", ended.said or str(problem)) from problem
    progress(1.0)
    return _part(track.name, path, layout)


def joined(
    video: Sequence[tuple[Path, int]],
    sounds: Sequence[tuple[Path, str]],
    out: Path,
    *,
    stop: Stop = never,
    limits: Limits | None = None,
) -> None:
    """One MP4 for keeping, of ``video`` (the parts of a rendition with their ``init_size``) and whole tracks with their language (BCP 47), to ``out``.
    Nothing is encoded. Raises Stopped, Trouble."""
    with working_folder(out.parent) as folder:
        command = ["-hide_banner", "-v", "error", "-nostdin", *REPORTED, *read_together(video, folder)]
        for path, _ in sounds:
            command += reading(path, "mov")
        for at in range(len(sounds) + 1):
            command += ["-map", f"{at}:0"]
        for at, (_, language) in enumerate(sounds):
            command += [f"-metadata:s:a:{at}", f"language={languages.three(language)}"]
        command += ["-c", "copy", "-movflags", "+faststart", "-f", "mp4", "-y", "file:joined.mp4"]
        ended = run("ffmpeg", command, folder, limits=limits, stop=stop)
        if ended.status:
            raise Trouble("broken", ended.said)
        shutil.move(folder / "joined.mp4", out)


def read_together(video: Sequence[tuple[Path, int]], folder: Path) -> list[str]:
    """What ffmpeg is told to read parts of one rendition after each other, of which it gets copies in ``folder``. Heads differ where the hardware
    gave up in the middle, or some pictures could not be taken as they are: then ffmpeg is told of several files."""
    runs: list[list[tuple[Path, int]]] = []
    last = b""
    for path, init_size in video:
        head = first_bytes(path, init_size)
        if head != last:
            runs.append([])
        runs[-1].append((path, init_size))
        last = head
    names = [f"video-{number}.mp4" for number in range(len(runs))]
    for name, some in zip(names, runs, strict=True):
        strung(some, folder / name)
    if len(names) == 1:
        return reading(folder / names[0], "mov")
    listed = folder / "video.ffconcat"
    listed.write_text("\n".join(["ffconcat version 1.0", *(f"file {name}" for name in names), ""]))
    return reading(listed, "concat", within="mov")


def strung(video: Sequence[tuple[Path, int]], out: Path) -> None:
    """Parts of one rendition after each other, which is one fMP4 where the head is the same in all of them."""
    with out.open("wb") as file:
        for number, (path, init_size) in enumerate(video):
            with path.open("rb") as part:
                part.seek(init_size if number else 0)
                shutil.copyfileobj(part, file, 1 << 20)


def heard(seconds: float, progress: Progress) -> Callable[[str], None]:
    """Reads ffmpeg's reports."""

    def line(text: str) -> None:
        name, _, value = text.strip().partition("=")
        if name == "out_time_us" and value.lstrip("-").isdigit() and seconds:
            progress(min(0.999, max(0.0, int(value) / 1_000_000 / seconds)))

    return line
