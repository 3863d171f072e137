"""Which container a file is, by its first bytes: ffmpeg is told, and asks nothing about it."""

from pathlib import Path
from typing import Final

from video.media.confinement import first_bytes
from video.media.refusals import Refused

LOOKED_AT: Final = 4_096
TS_PACKETS: Final = (188, 192, 204)
ATOMS: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp"})
SOUND: Final = (b"ID3", b"fLaC", b"#!AMR", b"MAC ", b".snd", b"FORM", b"\x0b\x77")
INDEXED: Final = frozenset({"mov", "matroska"})
"""Those in which a moment is found for certain, so that chunks may be made apart."""


def container(source: Path) -> str:
    """ffmpeg's name of it. Raises Refused ``empty``, ``no_video`` (sound alone) or ``not_a_video``."""
    head = first_bytes(source, LOOKED_AT)
    if not head:
        raise Refused("empty")
    if found := _by_magic(head):
        return found
    if (
        head.startswith(SOUND)
        or (head[:4] == b"RIFF" and head[8:12] == b"WAVE")
        or head[:2] in (b"\xff\xfb", b"\xff\xf1")
    ):
        raise Refused("no_video")
    raise Refused("not_a_video")


def _by_magic(head: bytes) -> str:
    if head[4:8] in ATOMS:
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    for magic, name in ((b"FLV\x01", "flv"), (b"OggS", "ogg"), (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"), (b"\x00\x00\x01\xba", "mpeg"),
                        (b".RMF", "rm"), (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", "mxf")):  # fmt: skip
        if head.startswith(magic):
            return name
    for size in TS_PACKETS:
        at = 4 if size == 192 else 0
        marks = head[at::size]
        if len(marks) >= 5 and set(marks) == {0x47}:
            return "mpegts"
    return ""
