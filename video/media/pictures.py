"""What is looked at beside a video: the storyboard (many small pictures on few sheets) and pictures to choose a thumbnail from.

Only key frames are read and decoded. Drawn from the lowest rung, which has one every four seconds, an hour takes seconds.
"""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from video.media import encoding, filters
from video.media.confinement import Limits, allowed, never, run, working_folder
from video.media.encoding import Progress, Stop, nobody
from video.media.facts import Json
from video.media.ladder import Plan
from video.media.refusals import Trouble

TILE: Final = (160, 90)
"""The box of one small picture."""

COLUMNS: Final = 10
ROWS: Final = 10
MOST_TILES: Final = 1_000
CANDIDATE: Final = (1280, 720)
WAVES: Final = "0x3ddc84"


@dataclass(frozen=True, slots=True)
class Storyboard(Json):
    """``sheets``: names of JPEG files, each of ``columns`` by ``rows`` pictures of ``width`` by ``height``, the last one maybe with fewer rows.
    Picture ``n`` is what is to be seen from ``n * step`` seconds on; there are ``count``."""

    step: float
    width: int
    height: int
    columns: int
    rows: int
    count: int
    sheets: list[str]


def step_of(plan: Plan) -> Fraction:
    """Seconds between two small pictures: those between key frames; a second in what is short, more where sheets would be too many."""
    between = plan.grid / plan.frame_rate
    if plan.duration <= between * COLUMNS:
        return Fraction(1)
    return between * max(1, math.ceil(plan.duration / between / MOST_TILES))


def storyboard(
    source: Path | Sequence[tuple[Path, int]], plan: Plan, folder: Path,
    *, progress: Progress = nobody, stop: Stop = never, limits: Limits | None = None,
) -> Storyboard:  # fmt: skip
    """Writes ``0.jpg``, ``1.jpg``... to ``folder``. ``source``: the parts of a rung with their ``init_size``, or the file itself. Raises
    Stopped, Trouble."""
    step = step_of(plan)
    count = max(1, math.ceil(plan.duration / step - 0.01))
    width, height = _within(TILE, plan.probe.width, plan.probe.height)
    with working_folder(folder) as empty, working_folder(folder) as kept:
        opened = _opened(source, plan, kept, sparse=step > 1)
        # The picture nearest to each moment, and the last one again where nothing follows; it needs to last to count for ``fps``.
        drawn = (
            f"tpad=stop_duration={float(step)}:stop_mode=clone,fps={step.denominator}/{step.numerator}:start_time=0,tpad=stop=-1:stop_mode=clone,trim=end_pts={count},scale={width}:{height}:flags=area,setsar=1,"
            f"format=yuvj420p,tile={COLUMNS}x{ROWS}"
        )
        command = [
            "-hide_banner", "-v", "error", "-nostdin", *encoding.REPORTED, *opened, "-an", "-vf", _after_colours(source, plan, drawn),
            "-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "4", "-threads", "1", "-map_metadata", "-1", "-start_number", "0",
            "-f", "image2", "file:%d.jpg",
        ]  # fmt: skip
        ended = run("ffmpeg", command, empty, limits=limits, stop=stop, line=encoding.heard(plan.duration, progress))
        sheets = sorted(empty.glob("*.jpg"), key=lambda path: int(path.stem))
        if ended.status or not sheets:
            raise Trouble("broken", ended.said)
        for sheet in sheets:
            shutil.move(sheet, folder / sheet.name)
    progress(1.0)
    return Storyboard(float(step), width, height, COLUMNS, ROWS, count, [sheet.name for sheet in sheets])


def candidates(
    source: Path, plan: Plan, folder: Path, count: int = 5, *, stop: Stop = never, limits: Limits | None = None
) -> list[Path]:
    """Up to ``count`` JPEG pictures from all over the video, ``candidate-0.jpg`` and so on, of moments that show most. Raises Stopped,
    Trouble when there is not one."""
    width, height = _within(CANDIDATE, plan.probe.width, plan.probe.height)
    found: list[Path] = []
    said = ""
    for number in range(count):
        at = plan.duration * (number + 0.5) / count
        path = folder / f"candidate-{number}.jpg"
        said = frame(source, plan, at, path, (width, height), stop=stop, limits=limits) or said
        if path.exists():
            found.append(path)
    if not found:
        raise Trouble("broken", said)
    return found


def waves(
    source: Path,
    plan: Plan,
    folder: Path,
    *,
    stop: Stop = never,
    limits: Limits | None = None,
    progress: Progress = nobody,
) -> Path:
    """What is shown of sound alone: how loud it is from its beginning to its end, ``waves.jpg``. Raises Stopped, Trouble."""
    with working_folder(folder) as empty:
        track = plan.tracks[0]
        drawn = (
            f"aformat=channel_layouts=mono,showwavespic=s={CANDIDATE[0]}x{CANDIDATE[1]}:colors={WAVES},format=yuvj420p"
        )
        command = [
            "-hide_banner", "-v", "error", "-nostdin", *encoding.REPORTED, *encoding.opened(source, plan, 0, 1),
            "-filter_complex", f"[0:{track.index}]{drawn}[v]", "-map", "[v]", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4",
            "-map_metadata", "-1", "-f", "image2", "-update", "1", "file:waves.jpg",
        ]  # fmt: skip
        ended = run("ffmpeg", command, empty, limits=limits, stop=stop, line=encoding.heard(plan.duration, progress))
        if not (empty / "waves.jpg").exists():
            raise Trouble("broken", ended.said)
        shutil.move(empty / "waves.jpg", folder / "waves.jpg")
    progress(1.0)
    return folder / "waves.jpg"


def frame(
    source: Path,
    plan: Plan,
    at: float,
    out: Path,
    size: tuple[int, int] | None = None,
    *,
    stop: Stop = never,
    limits: Limits | None = None,
) -> str:
    """The picture to be seen near second ``at``, as JPEG at ``out``; returns what ffmpeg complained of, with nothing at ``out`` if there is
    none."""
    width, height = size or _within(CANDIDATE, plan.probe.width, plan.probe.height)
    begin = max(0.0, min(at, plan.probe.seen.end - plan.probe.zero - 0.5))
    with working_folder() as empty:
        # Of some pictures the one nearest to their mean: no flash, no fade.
        drawn = f"thumbnail=12,scale={width}:{height}:flags=bicubic,setsar=1"
        command = [
            "-hide_banner", "-v", "error", "-nostdin", *encoding.opened(source, plan, begin, 1), "-map", f"0:{plan.probe.seen.index}",
            "-vf", _after_colours(source, plan, drawn), "-frames:v", "1", "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", "3",
            "-map_metadata", "-1", "-f", "image2", "-update", "1", "file:one.jpg",
        ]  # fmt: skip
        ended = run("ffmpeg", command, empty, limits=(limits or allowed()).short(), stop=stop)
        if (made := empty / "one.jpg").exists():
            shutil.move(made, out)
    return ended.said


def _after_colours(source: Path | Sequence[tuple[Path, int]], plan: Plan, drawn: str) -> str:
    """From what the file has to what a JPEG shows. Parts have been through that already."""
    if not isinstance(source, Path):
        # ffmpeg counts the first picture's wait for others that are shown before it as time.
        return f"setpts=PTS-STARTPTS,{drawn}"
    picture = plan.probe.seen
    return ",".join([*filters.opaque(picture), *filters.colours(picture), drawn])


def _opened(source: Path | Sequence[tuple[Path, int]], plan: Plan, kept: Path, *, sparse: bool) -> list[str]:
    keys_alone = ["-skip_frame", "nokey", "-discard", "nokey"] if sparse else []
    if isinstance(source, Path):
        return [*keys_alone, *encoding.opened(source, plan, 0, 1), "-map", f"0:{plan.probe.seen.index}"]
    return ["-copyts", *keys_alone, "-threads", "1", *encoding.read_together(source, kept), "-map", "0:0"]


def _within(box: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """The size of a picture that lies, or stands, in the box; never larger than it is."""
    scale = min(max(box) / max(width, height), min(box) / min(width, height), 1)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)
