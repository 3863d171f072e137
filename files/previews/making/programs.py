"""ffmpeg and ffprobe on files of strangers. They may open that one file, as one of the formats named here, and nothing else: playlists and
other formats that lead elsewhere are not among them, and no protocol but that of files is there.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from meatlizard.reading.found import Unreadable

FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,mp3,wav,w64,flac,aac,aiff,au,caf,avi,mpeg,mpegts,asf,flv,amr,wv,ape,opus"
)
SECONDS: Final = 40.0
MOST_SAID: Final = 1_000_000
_QUIET: Final = ("-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file", "-format_whitelist", FORMATS)
_ONE_THREAD: Final = ("-threads", "1", "-max_streams", "32")


def probed(programs: str, source: Path) -> dict[str, Any]:
    """What ffprobe says of it: ``format`` and ``streams``. Raises Unreadable, ``no_ffmpeg`` where it is not installed."""
    if not programs:
        raise Unreadable("no_ffmpeg")
    asked = (
        "-show_entries",
        "format=format_name,duration:stream=index,codec_type,codec_name,width,height,sample_rate,channels:stream_disposition=attached_pic",
    )
    command = [str(Path(programs) / "ffprobe"), *_QUIET, *asked, "-of", "json", f"file:{source}"]
    try:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603  (a path of ours)
        said = json.loads(ended.stdout[:MOST_SAID])
    except (OSError, ValueError, subprocess.TimeoutExpired) as problem:
        raise Unreadable("recording_unreadable") from problem
    if ended.returncode or not isinstance(said, dict) or not said.get("streams"):
        raise Unreadable("recording_unreadable")
    return said


@contextlib.contextmanager
def output(programs: str, source: Path, *arguments: str, before: tuple[str, ...] = ()) -> "Iterator[IO[bytes]]":
    """What ffmpeg writes with ``arguments``; it is ended with the context."""
    command = [
        str(Path(programs) / "ffmpeg"),
        "-nostdin",
        *_QUIET,
        *_ONE_THREAD,
        *before,
        "-i",
        f"file:{source}",
        *arguments,
        "pipe:1",
    ]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def seconds(said: dict[str, Any]) -> float:
    """Of what :func:`probed` returned; 0 where the file does not say."""
    with contextlib.suppress(KeyError, TypeError, ValueError):
        length = float(said["format"]["duration"])
        return length if 0 <= length < 10_000_000 else 0.0
    return 0.0


def stream(said: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """The first one of that kind; pictures that a recording carries with it are no video."""
    for one in said["streams"]:
        if one.get("codec_type") == kind and not one.get("disposition", {}).get("attached_pic"):
            found: dict[str, Any] = one
            return found
    return None
