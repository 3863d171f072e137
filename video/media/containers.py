"""Which container a file is, by its first bytes: ffmpeg is told, and asks nothing about it."""

from pathlib import Path
from typing import Final

from video.media.confinement import first_bytes
from video.media.refusals import Refused

LOOKED_AT: Final = 4_096
TS_PACKETS: Final = (188, 192, 204)
ATOMS: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp"})
SOUND: Final = (
    (b"fLaC", "flac"), (b"#!AMR", "amr"), (b"MAC ", "ape"), (b".snd", "au"), (b"FORM", "aiff"), (b"\x0b\x77", "ac3"), (b"wvpk", "wv"),
    (b"\xff\xf1", "aac"), (b"\xff\xf9", "aac"), *((bytes([0xFF, second]), "mp3") for second in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2, 0xFD, 0xFC)),
)  # fmt: skip
"""Those of sound alone. The last are the beginning of a frame: of layer 3 or 2, with and without a sum."""

SOUND_ALONE: Final = frozenset({name for _magic, name in SOUND} | {"wav"})
INDEXED: Final = frozenset({"mov", "matroska"})
"""Those in which a moment is found for certain, so that chunks may be made apart."""


def container(source: Path) -> str:
    """ffmpeg's name of it. Raises Refused ``empty`` or ``not_a_video``."""
    head = first_bytes(source, LOOKED_AT)
    if not head:
        raise Refused("empty")
    if found := _by_magic(head) or _of_sound(source, head):
        return found
    raise Refused("not_a_video")


def _of_sound(source: Path, head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    tagged = head.startswith(b"ID3") and len(head) >= 10
    if tagged:
        # Titles and pictures stand before the sound; their length has seven bits a byte.
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        head = first_bytes(source, 16, 10 + length)
    found = next((name for magic, name in SOUND if head.startswith(magic)), "")
    return found or ("mp3" if tagged else "")


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
