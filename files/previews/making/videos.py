"""One picture of a video, and what it is."""

import io
from pathlib import Path
from typing import Any, Final

from PIL import Image

from files.previews.making import programs as ffmpeg
from files.previews.making.pictures import SIDES, drawn
from meatlizard.reading.found import Unreadable

MOST_PICTURE: Final = 40_000_000
"""Bytes of one picture without compression, and room to spare: it comes at most SIDES["large"] wide."""

MOST_SIDE: Final = 16_384


def make(source: Path, out: Path, programs: str = "") -> dict[str, Any]:
    """Writes what :func:`files.previews.making.pictures.drawn` does, of a moment near the beginning."""
    said = ffmpeg.probed(programs, source)
    video = ffmpeg.stream(said, "video")
    if video is None:
        raise Unreadable("recording_unreadable")
    width, height = _side(video.get("width")), _side(video.get("height"))
    length = ffmpeg.seconds(said)
    image = _picture(programs, source, min(3.0, length / 3))
    sound = ffmpeg.stream(said, "audio")
    facts = {"codec": str(video.get("codec_name", ""))[:20], "sound": str((sound or {}).get("codec_name", ""))[:20]}
    return {"width": width, "height": height, "duration": length, "facts": facts, "files": drawn(image, out)}


def _side(value: Any) -> int:
    if not isinstance(value, int) or not 0 < value <= MOST_SIDE:
        raise Unreadable("recording_unreadable")
    return value


def _picture(programs: str, source: Path, at: float) -> Image.Image:
    most = SIDES["large"]
    fits = f"scale='min({most},iw)':'min({most},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2"
    wanted = ("-map", "0:v:0", "-an", "-sn", "-dn", "-frames:v", "1", "-vf", fits, "-c:v", "bmp", "-f", "image2pipe")
    with ffmpeg.output(programs, source, *wanted, before=("-ss", f"{at:.2f}")) as stream:
        data = stream.read(MOST_PICTURE)
    try:
        with Image.open(io.BytesIO(data), formats=("BMP",)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError) as problem:
        raise Unreadable("recording_unreadable") from problem
