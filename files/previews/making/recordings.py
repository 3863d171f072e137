"""The waveform of a recording."""

import array
import sys
from pathlib import Path
from typing import IO, Any, Final

from files.previews.making import programs as ffmpeg
from meatlizard.reading.found import Unreadable

RATE: Final = 4_000
"""Samples a second that are looked at, of one channel."""

LONGEST: Final = 3 * 3600
"""Seconds; of a longer one the beginning is drawn."""

PIECES: Final = 20
"""A second, while it is read."""

POINTS: Final = 600
"""Of the whole waveform."""


def make(source: Path, out: Path, programs: str = "") -> dict[str, Any]:
    """``{"duration": seconds, "facts": {"peaks": [0..100], "codec", "channels", "rate"}}``."""
    said = ffmpeg.probed(programs, source)
    sound = ffmpeg.stream(said, "audio")
    if sound is None:
        raise Unreadable("recording_unreadable")
    facts = {
        "codec": str(sound.get("codec_name", ""))[:20],
        "channels": _number(sound.get("channels")),
        "rate": _number(sound.get("sample_rate")),
        "peaks": peaks(programs, source),
    }
    return {"duration": ffmpeg.seconds(said), "facts": facts}


def peaks(programs: str, source: Path) -> list[int]:
    """Raises Unreadable where nothing can be heard of it."""
    wanted = ("-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", str(RATE), "-t", str(LONGEST), "-f", "s16le")
    with ffmpeg.output(programs, source, *wanted) as stream:
        loud = _loudest(stream)
    if not loud:
        raise Unreadable("recording_unreadable")
    return _reduced(loud)


def _loudest(stream: IO[bytes]) -> list[int]:
    """Of each piece, 0 to 32,768."""
    found: list[int] = []
    size = RATE // PIECES * 2
    while data := stream.read(size):
        samples = array.array("h")
        samples.frombytes(data[: len(data) & ~1])
        if sys.byteorder == "big":
            samples.byteswap()
        if samples:
            found.append(max(max(samples), -min(samples)))
    return found


def _reduced(loud: list[int]) -> list[int]:
    points = min(POINTS, len(loud))
    top = max(*loud, 1) if len(loud) > 1 else max(loud[0], 1)
    return [max(loud[at * len(loud) // points : (at + 1) * len(loud) // points]) * 100 // top for at in range(points)]


def _number(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
