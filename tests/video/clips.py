"""Small videos, made by ffmpeg's own test sources once a session: ``clips("plain")`` is the path of one. Who needs a new kind adds it to CLIPS.

Use it as ``from tests.video.clips import WITH_FFMPEG`` and the fixture ``clips``.
"""

import shutil
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.services.programs import required

Clips = Callable[[str], Path]

WITH_FFMPEG = pytest.mark.skipif(not shutil.which("ffmpeg") and not required(), reason="ffmpeg is not installed")
"""Where services are required, a missing one fails what needs it."""

X264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p")
AAC: Final = ("-c:a", "aac", "-b:a", "64k")


def pictures(size: str = "320x180", rate: str = "30", seconds: float = 2, source: str = "testsrc2") -> tuple[str, ...]:
    mark = ":" if "=" in source else "="
    return ("-f", "lavfi", "-i", f"{source}{mark}size={size}:rate={rate}:duration={seconds}")


def sound(hertz: int = 440, seconds: float = 2, channels: int = 1) -> tuple[str, ...]:
    if channels == 1:
        return ("-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=48000:duration={seconds}")
    layout = {2: "stereo", 6: "5.1"}[channels]
    tones = "|".join(f"sin({220 * (1 + one)}*2*PI*t)/4" for one in range(channels))
    return ("-f", "lavfi", "-i", f"aevalsrc={tones}:c={layout}:s=48000:d={seconds}")


BITS: Final = 10
COUNTING: Final = "geq=lum='16+219*mod(floor(N/pow(2,floor(X/16))),2)':cb=128:cr=128"
"""Every picture shows its own number, in ten bars of 16 pixels: the lowest bit to the left. (:func:`tests.video.media.watching.numbers`)"""


def counting(rate: str, seconds: float, *more: str) -> tuple[str, ...]:
    drawn = ",".join([COUNTING, *more])
    return (
        *pictures("160x16", rate, seconds, "color=black"),
        "-vf",
        drawn,
        "-fps_mode",
        "vfr",
        *X264,
        "-crf",
        "20",
        "-g",
        "50",
    )


HALVES: Final = (
    *pictures(seconds=1, source="color=red"),
    "-vf",
    "drawbox=x=160:w=160:h=180:color=blue:thickness=fill",
    *X264,
)

CLIPS: Final[dict[str, tuple[str, Sequence[str]]]] = {
    "plain": ("plain.mp4", (*pictures(), *sound(), *X264, *AAC)),
    "silent": ("silent.mp4", (*pictures(), *X264)),
    "long": ("long.mp4", (*pictures("160x90", "30000/1001", 20), *sound(seconds=20), *X264, "-g", "75", *AAC)),
    "hd": ("hd.mp4", (*pictures("1280x720", "30", 2), *sound(), *X264, *AAC)),
    "reddening": (
        "reddening.mp4",
        (*pictures("160x90", "10", 48, "color=black"), "-vf", "geq=r='5*T':g=0:b=0", *X264, "-g", "40", "-crf", "10"),
    ),
    # Of pictures that may be taken as they are.
    "regular": (
        "regular.mp4",
        (
            *pictures("160x90", "10", 18),
            *sound(seconds=18),
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "20",
            "-keyint_min",
            "20",
            "-sc_threshold",
            "0",
            "-crf",
            "34",
            *AAC,
        ),
    ),
    "irregular": (
        "irregular.mp4",
        (*pictures("160x90", "10", 18), *sound(seconds=18), *X264, "-g", "27", "-keyint_min", "27", *AAC),
    ),
    "open": (
        "open.mp4",
        (
            *pictures("160x90", "10", 18),
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "20",
            "-keyint_min",
            "20",
            "-sc_threshold",
            "0",
            "-x264-params",
            "open-gop=1",
        ),
    ),
    # Pictures that are not as they lie in the file, or not even.
    # Red to the left and blue to the right as they lie in the file.
    "turned": ("turned.mp4", HALVES),
    "upside-down": ("upside-down.mp4", HALVES),
    "turned-back": ("turned-back.mp4", HALVES),
    "odd": ("odd.mkv", (*pictures("321x181"), "-c:v", "ffv1", "-pix_fmt", "yuv444p")),
    "anamorphic": ("anamorphic.mp4", (*pictures("180x144", "25"), "-vf", "setsar=16/11", *X264)),
    "interlaced": (
        "interlaced.mpg",
        (
            *pictures("180x144", "50"),
            *sound(),
            "-vf",
            "tinterlace=interleave_top,setfield=tff",
            "-c:v",
            "mpeg2video",
            "-flags",
            "+ildct+ilme",
            "-b:v",
            "1M",
            "-c:a",
            "mp2",
            "-f",
            "vob",
        ),
    ),
    "uneven": (
        "uneven.mp4",
        (
            *pictures(seconds=12),
            *sound(seconds=12),
            "-vf",
            "select='not(mod(n*n\\,7))+lt(n\\,40)'",
            "-fps_mode",
            "vfr",
            *X264,
            *AAC,
        ),
    ),
    "film": ("film.mkv", (*pictures("160x90", "24000/1001", 12), *X264)),
    "fast": ("fast.mp4", (*pictures("160x90", "240", 2), *X264)),
    "smooth": ("smooth.mp4", (*pictures("1280x720", "60", 1), *X264)),
    # Each picture says which one it is.
    "counted": ("counted.mp4", (*counting("30000/1001", 20),)),
    "counted-film": ("counted-film.mkv", counting("24000/1001", 20)),
    "counted-stream": ("counted-stream.ts", (*counting("25", 20), "-output_ts_offset", "600")),
    "counted-later": ("counted-later.mkv", (*counting("25", 20), "-output_ts_offset", "7.3")),
    # Nothing moves from the fifth second to the fourteenth, across the places where chunks meet.
    "counted-held": ("counted-held.mp4", counting("25", 20, "select='lt(t\\,5)+gte(t\\,14)'")),
    "counted-fast": ("counted-fast.mkv", counting("100", 9)),
    # Colours.
    "pq": (
        "pq.mkv",
        (
            *pictures("160x90", "25", 1),
            "-vf",
            "zscale=npl=203:tin=bt709:t=smpte2084:min=bt709:m=bt2020nc:pin=bt709:p=bt2020,format=yuv420p10le",
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-x265-params",
            "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
        ),
    ),
    "hlg": (
        "hlg.mkv",
        (
            *pictures("160x90", "25", 1),
            "-vf",
            "zscale=npl=203:tin=bt709:t=arib-std-b67:min=bt709:m=bt2020nc:pin=bt709:p=bt2020,format=yuv420p10le",
            "-c:v",
            "libx265",
            "-preset",
            "ultrafast",
            "-x265-params",
            "log-level=error:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc",
        ),
    ),
    "deep": ("deep.mkv", (*pictures(seconds=1), "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv422p10le")),
    "clear": (
        "clear.mov",
        (
            *pictures("160x90", "25", 1, "color=red"),
            "-vf",
            "format=rgba,geq=r=255:g=0:b=0:a='255*gt(X,79)'",
            "-c:v",
            "qtrle",
        ),
    ),
    "full": (
        "full.mp4",
        (
            *pictures("160x90", "25", 1, "color=white"),
            "-vf",
            "scale=out_range=pc,format=yuvj420p",
            *X264[:-2],
            "-pix_fmt",
            "yuvj420p",
        ),
    ),
    "jpegs": ("jpegs.mkv", (*pictures("160x90", "10", 1), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
    # Sound.
    "surround": ("surround.mp4", (*pictures(), *sound(channels=6), *X264, *AAC)),
    "languages": (
        "languages.mkv",
        (
            *pictures(),
            *sound(440),
            *sound(880),
            "-map",
            "0",
            "-map",
            "1",
            "-map",
            "2",
            *X264,
            *AAC,
            "-metadata:s:a:0",
            "language=eng",
            "-metadata:s:a:1",
            "language=deu",
            "-metadata:s:a:1",
            "title=Kommentar",
            "-disposition:a:1",
            "default",
            "-disposition:a:0",
            "0",
        ),
    ),
    "outlasted": ("outlasted.mkv", (*pictures(seconds=1), *sound(seconds=3), *X264, *AAC)),
    # Nothing, or not much, to be seen.
    "sound": ("sound.m4a", (*sound(), *AAC)),
    "sound-mp3": ("sound.mp3", (*sound(), "-c:a", "libmp3lame", "-metadata", "title=A song")),
    "sound-flac": ("sound.flac", sound(channels=2)),
    "sound-ogg": ("sound.ogg", (*sound(), "-c:a", "libopus")),
    "sound-wav": ("sound.wav", sound()),
    "sound-adts": ("sound.aac", (*sound(), *AAC)),
    "sound-webm": ("sound.webm", (*sound(), "-c:a", "libopus")),
    "cover": (
        "cover.mp4",
        (
            *sound(),
            *pictures("64x64", "1", 1),
            "-map",
            "0",
            "-map",
            "1",
            "-c:v",
            "png",
            "-frames:v",
            "1",
            "-disposition:v",
            "attached_pic",
            *AAC,
        ),
    ),
    "negative": (
        "negative.mkv",
        (*pictures(), *sound(), *X264, *AAC, "-output_ts_offset", "-1", "-avoid_negative_ts", "disabled"),
    ),
    "late": ("late.ts", (*pictures(), *sound(), *X264, *AAC, "-output_ts_offset", "50000", "-f", "mpegts")),
    "still": ("still.mp4", (*pictures("160x90", "30", 1), "-frames:v", "1", *X264)),
    "nine": ("nine.mp4", (*pictures("160x90", "25", 9), *X264)),
    "tall": ("tall.mp4", (*pictures("180x320"), *sound(), *X264, *AAC)),
}
"""File name and what ffmpeg is told. 2 s of 320x180 at 30 pictures a second where nothing else is said; ``long`` has 20 s."""


TURNED: Final = {"turned": (0, 1, -1, 0), "upside-down": (-1, 0, 0, -1), "turned-back": (0, -1, 1, 0)}
"""How players are to turn the picture, as cameras write it: clockwise by 90, 180 and 270 degrees."""


def turn(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Writes it into the head of the first track (ISO/IEC 14496-12, ``tkhd``)."""
    data = bytearray(path.read_bytes())
    a, b, c, d = (one << 16 for one in matrix)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def made(folder: Path, name: str) -> Path:
    file, arguments = CLIPS[name]
    path = folder / file
    if not path.exists():
        subprocess.run(
            ["ffmpeg", "-hide_banner", "-v", "error", "-nostdin", *arguments, "-y", str(path)], check=True, timeout=120
        )
        if name in TURNED:
            turn(path, TURNED[name])
    return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Makes the clip of that name, or returns the one made before."""
    folder = tmp_path_factory.mktemp("clips")
    return lambda name: made(folder, name)
