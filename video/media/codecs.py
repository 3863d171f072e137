"""What each encoder is told. Every one gets a closed group of pictures of fixed length, so that key frames lie on the grid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from video.media.ladder import Rung

VAAPI_DEVICE: Final = "/dev/dri/renderD128"


@dataclass(frozen=True, slots=True)
class Encoder:
    """``before``: what ffmpeg needs to be told before it opens the file; ``last``: what the pictures go through before they come here."""

    name: str
    arguments: tuple[str, ...]
    before: tuple[str, ...] = ()
    last: str = ""


def encoder(rung: Rung, group: int, threads: int) -> Encoder:
    """``group``: pictures from key frame to key frame. Raises KeyError for what is not known."""
    if rung.hardware and rung.codec in MADE_BY[rung.hardware]:
        return HARDWARE[rung.hardware](rung, group)
    return SOFTWARE[rung.codec](rung, group, threads)


def _bounded(rung: Rung) -> tuple[str, ...]:
    return ("-maxrate", f"{rung.cap}k", "-bufsize", f"{2 * rung.cap}k")


def _group(group: int) -> tuple[str, ...]:
    return ("-g", str(group), "-keyint_min", str(group))


def _x264(rung: Rung, group: int, threads: int) -> Encoder:
    return Encoder("libx264", (
        "-preset", "veryfast", "-crf", "21", *_bounded(rung), *_group(group), "-sc_threshold", "0", "-x264-params", "b-pyramid=none",
        "-profile:v", "high", "-pix_fmt", "yuv420p", "-threads", str(threads),
    ))  # fmt: skip


def _x265(rung: Rung, group: int, threads: int) -> Encoder:
    own = f"keyint={group}:min-keyint={group}:scenecut=0:open-gop=0:info=0:pools={threads or '*'}:log-level=error"
    return Encoder("libx265", (
        "-preset", "fast", "-crf", "26", *_bounded(rung), *_group(group), "-x265-params", own, "-pix_fmt", "yuv420p", "-tag:v", "hvc1",
    ))  # fmt: skip


def _vp9(rung: Rung, group: int, threads: int) -> Encoder:
    return Encoder("libvpx-vp9", (
        "-b:v", f"{rung.cap}k", "-crf", "33", "-deadline", "good", "-cpu-used", "4", "-row-mt", "1", "-tile-columns", "2",
        *_group(group), "-pix_fmt", "yuv420p", "-threads", str(threads or 4),
    ))  # fmt: skip


def _av1(rung: Rung, group: int, threads: int) -> Encoder:
    own = f"scd=0:irefresh-type=2:lp={threads or 0}"
    return Encoder("libsvtav1", (
        "-preset", "9", "-crf", "36", "-maxrate", f"{rung.cap}k", "-bufsize", f"{2 * rung.cap}k", "-svtav1-params", own, *_group(group), "-pix_fmt", "yuv420p",
    ))  # fmt: skip


def _nvenc(rung: Rung, group: int) -> Encoder:
    return Encoder(f"{rung.codec}_nvenc", (
        "-preset", "p4", "-rc", "vbr", "-cq", "25", "-b:v", "0", *_bounded(rung), *_group(group), "-forced-idr", "1", "-no-scenecut", "1",
        "-strict_gop", "1", "-pix_fmt", "yuv420p", *(("-tag:v", "hvc1") if rung.codec == "hevc" else ()),
    ))  # fmt: skip


def _vaapi(rung: Rung, group: int) -> Encoder:
    return Encoder(f"{rung.codec}_vaapi", (
        "-rc_mode", "VBR", "-b:v", f"{rung.cap * 2 // 3}k", *_bounded(rung), *_group(group), "-idr_interval", "0",
        *(("-tag:v", "hvc1") if rung.codec == "hevc" else ()),
    ), ("-vaapi_device", VAAPI_DEVICE), "format=nv12,hwupload")  # fmt: skip


def _videotoolbox(rung: Rung, group: int) -> Encoder:
    return Encoder(f"{rung.codec}_videotoolbox", (
        "-b:v", f"{rung.cap * 2 // 3}k", *_bounded(rung), *_group(group), "-force_key_frames", f"expr:eq(mod(n,{group}),0)", "-allow_sw", "1",
        "-pix_fmt", "yuv420p", *(("-tag:v", "hvc1") if rung.codec == "hevc" else ()),
    ))  # fmt: skip


SOFTWARE: Final[dict[str, Callable[[Rung, int, int], Encoder]]] = {
    "h264": _x264,
    "hevc": _x265,
    "vp9": _vp9,
    "av1": _av1,
}
MADE_BY: Final = {
    "nvenc": frozenset({"h264", "hevc"}),
    "vaapi": frozenset({"h264", "hevc", "vp9"}),
    "videotoolbox": frozenset({"h264", "hevc"}),
}
"""What else is wanted the program makes."""

HARDWARE: Final[dict[str, Callable[[Rung, int], Encoder]]] = {
    "nvenc": _nvenc,
    "vaapi": _vaapi,
    "videotoolbox": _videotoolbox,
}
