"""The one place that starts ffmpeg and ffprobe: on files of strangers, with nothing but that file.

What each run gets: no network (a namespace of its own where the kernel lets us, and no sockets in any case), no environment, an empty working
folder, bounds on memory, processor, files and what it writes, the lowest priority, an end with its parent. What it may open is said on its
command line (:func:`reading`): the protocols ``file`` and ``pipe``, the one container that the first bytes of the file were seen to be, and
decoders from a list. With ffmpeg's own defaults a playlist named .mp4 reads other people's files.
"""

import json
import logging
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from video.media.refusals import Refused, Stopped, Trouble

log = logging.getLogger(__name__)

LAUNCHER: Final = Path(__file__).parent / "launch.py"
PREFIX: Final = "video-"
KEPT_OF_ERRORS: Final = 4_000
LOOKS: Final = 0.2
"""Seconds between two looks at the clock and at whether it is still wanted."""

MOST_STREAMS: Final = 100
MOST_PIXELS: Final = 8192 * 4352

DECODERS: Final = (
    "h264,hevc,libdav1d,libaom-av1,av1,vp8,vp9,libvpx-vp9,mpeg1video,mpeg2video,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4,h261,h263,h263i,h263p,flv,"
    "wmv1,wmv2,wmv3,vc1,prores,dnxhd,cfhd,mjpeg,mjpegb,theora,vp3,vp4,vp6,vp6f,vp6a,png,qtrle,rawvideo,ffv1,ffvhuff,huffyuv,utvideo,"
    "cinepak,svq1,svq3,indeo3,indeo5,dvvideo,rv10,rv20,rv30,rv40,v210,v410,r210,magicyuv,jpeg2000,rpza,msrle,msvideo1,8bps,gif,webp,bmp,"
    "aac,aac_latm,mp3,mp3float,mp2,mp2float,mp1,mp1float,ac3,eac3,dca,truehd,mlp,opus,libopus,vorbis,flac,alac,speex,libspeex,"
    "wmav1,wmav2,wmapro,wmalossless,amrnb,amrwb,cook,sipr,nellymoser,qdm2,tta,wavpack,ape,gsm,gsm_ms,adpcm_ima_qt,adpcm_ima_wav,"
    "adpcm_ms,adpcm_swf,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_u8,pcm_s8,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,"
    "pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,pcm_s16le_planar,subrip,srt,ass,ssa,webvtt,mov_text,text"
)
"""Of some 500 that ffmpeg has: what cameras, phones, editors and recorders write. Each is code that reads what strangers wrote."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run. ``seconds``: by the clock. ``quiet``: seconds without a word of progress after which it counts as hung."""

    memory: int = 6 * 2**30
    cpu: int = 4 * 3600
    written: int = 64 * 2**30
    files: int = 64
    processes: int = 512
    nice: int = 10
    seconds: float = 8 * 3600.0
    quiet: float = 300.0

    def short(self) -> "Limits":
        """For a look at a file, which is no work."""
        return replace(self, cpu=120, seconds=180.0, quiet=180.0, written=64 * 2**20)


LIMITS: Final = Limits()


def allowed() -> Limits:
    """As the settings have it."""
    return replace(LIMITS, memory=settings.VIDEO_MEMORY * 2**20)


def threads() -> int:
    """How many each decoder and encoder may have; 0: as many as there are processors."""
    return int(settings.VIDEO_THREADS)


@dataclass(frozen=True, slots=True)
class Ended:
    """``status`` as subprocess has it; ``said`` the last of what it complained of."""

    status: int
    said: str


def never() -> bool:
    return False


@cache
def program(name: str) -> str:
    """Path of ``ffmpeg`` or ``ffprobe``. Raises Trouble."""
    found = shutil.which(name)
    if found is None:
        raise Trouble("no_ffmpeg", name)
    return found


@contextmanager
def working_folder(within: Path | None = None) -> Iterator[Path]:
    """An empty one, gone with the context. What is large is written ``within`` the folder to which it goes, on whose disk there is room."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reading(source: Path, container: str, *, within: str = "") -> list[str]:
    """What comes before and with ``-i``: that file as that container, and nothing that it leads to, but for a list of our own files, which are
    ``within``."""
    return [
        "-protocol_whitelist", "file,pipe", "-format_whitelist", ",".join(filter(None, (container, within))), "-codec_whitelist", DECODERS,
        "-max_streams", str(MOST_STREAMS), "-max_pixels", str(MOST_PIXELS), "-f", container, "-i", f"file:{source.absolute()}",
    ]  # fmt: skip


def run(
    name: str,
    arguments: Sequence[str],
    folder: Path,
    *,
    limits: Limits | None = None,
    line: Callable[[str], None] | None = None,
    stop: Callable[[], bool] = never,
) -> Ended:
    """Runs ``ffmpeg`` or ``ffprobe`` in ``folder``, within the limits of the settings if no others are given; ``line`` gets what it writes to its output, line by line.

    Raises Stopped when ``stop`` says so, Refused ``too_many_streams``, Trouble ``stalled``, ``too_slow``, ``memory`` or ``disk_full``. What else went wrong stands in
    what is returned.
    """
    limits = limits or allowed()
    bounds = {
        "parent": os.getpid(), "memory": limits.memory, "written": limits.written, "cpu": limits.cpu, "files": limits.files,
        "processes": limits.processes, "nice": limits.nice,
    }  # fmt: skip
    command = [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(bounds), program(name), *arguments]
    process = subprocess.Popen(  # noqa: S603  (no shell; what strangers named is not among the arguments)
        command, cwd=folder, env={"LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        said = _listened(process, limits, line, stop)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()
    _look_for_bounds(process.returncode, said)
    return Ended(process.returncode, said)


def _listened(
    process: "subprocess.Popen[bytes]", limits: Limits, line: Callable[[str], None] | None, stop: Callable[[], bool]
) -> str:
    began = heard = time.monotonic()
    errors, rest = b"", b""
    with selectors.DefaultSelector() as selector:
        assert process.stdout is not None
        assert process.stderr is not None
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            if stop():
                raise Stopped
            for key, _ in selector.select(LOOKS):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    errors = (errors + data)[-KEPT_OF_ERRORS:]
                else:
                    heard = time.monotonic()
                    rest = _given(rest + data, line)
            now = time.monotonic()
            if now - began > limits.seconds:
                raise Trouble("too_slow", errors.decode("utf-8", "replace"))
            if now - heard > limits.quiet:
                raise Trouble("stalled", errors.decode("utf-8", "replace"))
    while True:
        # It closed its pipes; its end is near, but not certain.
        try:
            process.wait(LOOKS)
            break
        except subprocess.TimeoutExpired:
            if stop() or time.monotonic() - began > limits.seconds:
                raise Trouble("stalled") from None
    if rest and line is not None:
        line(rest.decode("utf-8", "replace"))
    return errors.decode("utf-8", "replace")


def _given(data: bytes, line: Callable[[str], None] | None) -> bytes:
    """Hands out whole lines; returns what has no end yet, which is never more than a line may have."""
    *whole, rest = data.split(b"\n")
    if line is not None:
        for one in whole:
            line(one.decode("utf-8", "replace"))
    return rest[-KEPT_OF_ERRORS:]


def _look_for_bounds(status: int, said: str) -> None:
    if status == 0:
        return
    if "No space left on device" in said or "Disk quota exceeded" in said:
        raise Trouble("disk_full", said)
    if "exceeds max_streams" in said:
        raise Refused("too_many_streams", said)
    if "Cannot allocate memory" in said or "malloc of size" in said:
        raise Trouble("memory", said)
    if status == -9:
        raise Trouble("memory", said or "killed, as the kernel does when memory is short")
    # Killed by its bound on the processor (SIGXCPU) or on what it writes (SIGXFSZ).
    if status in (-24, -25):
        raise Trouble("too_slow" if status == -24 else "disk_full", said)


@cache
def holds() -> dict[str, bool]:
    """What of the walls stands on this machine: ``own_network``, ``own_user``, ``sockets_refused``. Empty where there is no Linux."""
    bounds = {"parent": os.getpid(), "memory": 0, "written": 0, "cpu": 10, "files": 0, "processes": 0, "nice": 0}
    command = [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(bounds), "--say"]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)  # noqa: S603
    found: dict[str, bool] = json.loads(ended.stdout or b"{}")
    if sys.platform == "linux" and not found.get("own_network"):
        log.warning("video.no_network_namespace", extra=found)
    return found


def collected(most: int) -> tuple[list[str], Callable[[str], None]]:
    """Lines as they come, and where to give them; beyond ``most`` characters the file is refused."""
    lines: list[str] = []
    room = most

    def take(text: str) -> None:
        nonlocal room
        room -= len(text)
        if room < 0:
            raise Refused("too_many_streams")
        lines.append(text)

    return lines, take


def first_bytes(source: Path, count: int, start: int = 0) -> bytes:
    file: IO[bytes]
    with source.open("rb") as file:
        file.seek(start)
        return file.read(count)
