"""Small videos, made by ffmpeg's own test sources once a session: ``clips("plain")`` is the path of one. Who needs a new kind adds it to CLIPS.

Use it as ``from tests.video.clips import WITH_FFMPEG`` and the fixture ``clips``.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

Clips = Callable[[str], Path]

WITH_FFMPEG = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")

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


CLIPS: Final[dict[str, tuple[str, Sequence[str]]]] = {
    "plain": ("plain.mp4", (*pictures(), *sound(), *X264, *AAC)),
    "silent": ("silent.mp4", (*pictures(), *X264)),
    "long": ("long.mp4", (*pictures("160x90", "30000/1001", 20), *sound(seconds=20), *X264, "-g", "75", *AAC)),
    "hd": ("hd.mp4", (*pictures("1280x720", "30", 2), *sound(), *X264, *AAC)),
    "reddening": (
        "reddening.mp4",
        (*pictures("160x90", "10", 48, "color=black"), "-vf", "geq=r='5*T':g=0:b=0", *X264, "-g", "40", "-crf", "10"),
    ),
    "tall": ("tall.mp4", (*pictures("180x320"), *sound(), *X264, *AAC)),
}
"""File name and what ffmpeg is told. 2 s of 320x180 at 30 pictures a second where nothing else is said; ``long`` has 20 s."""


def made(folder: Path, name: str) -> Path:
    file, arguments = CLIPS[name]
    path = folder / file
    if not path.exists():
        subprocess.run(
            ["ffmpeg", "-hide_banner", "-v", "error", "-nostdin", *arguments, "-y", str(path)], check=True, timeout=120
        )
    return path


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """Makes the clip of that name, or returns the one made before."""
    folder = tmp_path_factory.mktemp("clips")
    return lambda name: made(folder, name)
