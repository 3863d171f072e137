"""Names of codecs as RFC 6381 and the registrations of each codec have them, read from the boxes that describe a track. Pure."""

from collections.abc import Mapping
from typing import Final

_AAC: Final = 0x40
_MP3: Final = frozenset({0x69, 0x6B})
_NAMES: Final = {"ac-3": "ac-3", "ec-3": "ec-3", "fLaC": "fLaC", "Opus": "Opus"}


def of(entry: str, inner: Mapping[str, bytes]) -> str:
    """``entry``: the four letters of the sample entry; ``inner``: the bodies of the boxes within it. The bare letters for what is not known."""
    if entry in ("avc1", "avc3") and "avcC" in inner:
        return f"{entry}.{inner['avcC'][1:4].hex()}"
    if entry in ("hvc1", "hev1") and "hvcC" in inner:
        return _hevc(entry, inner["hvcC"])
    if entry == "av01" and "av1C" in inner:
        return _av1(inner["av1C"])
    if entry == "vp09" and "vpcC" in inner:
        profile, level, depth = inner["vpcC"][4], inner["vpcC"][5], inner["vpcC"][6] >> 4
        return f"vp09.{profile:02d}.{level:02d}.{depth:02d}"
    if entry == "mp4a" and "esds" in inner:
        return _mp4a(inner["esds"])
    return _NAMES.get(entry, entry)


def _hevc(entry: str, box: bytes) -> str:
    """ISO/IEC 14496-15, annex E."""
    space = ("", "A", "B", "C")[box[1] >> 6]
    tier = "H" if box[1] & 0x20 else "L"
    # Bit 0 of what is compatible comes first, as the lowest.
    compatible = int(f"{int.from_bytes(box[2:6], 'big'):032b}"[::-1], 2)
    constraints = box[6:12].rstrip(b"\x00")
    return ".".join(
        [entry, f"{space}{box[1] & 0x1F}", f"{compatible:X}", f"{tier}{box[12]}", *(f"{one:X}" for one in constraints)]
    )


def _av1(box: bytes) -> str:
    """AV1 Codec ISO Media File Format Binding, section 5; without what is at its default."""
    profile, level, tier = box[1] >> 5, box[1] & 0x1F, "H" if box[2] & 0x80 else "M"
    depth = 8 if not box[2] & 0x40 else 12 if box[2] & 0x20 else 10
    return f"av01.{profile}.{level:02d}{tier}.{depth:02d}"


def _mp4a(box: bytes) -> str:
    """Of the elementary stream descriptor: which kind of object, and for AAC which kind of audio."""
    at = 4
    kind = 0
    while at < len(box):
        tag = box[at]
        at += 1
        while box[at] & 0x80:
            at += 1
        at += 1
        if tag == 0x03:
            flags = box[at + 2]
            at += 3 + (2 if flags & 0x80 else 0) + (1 + box[at + 3] if flags & 0x40 else 0) + (2 if flags & 0x20 else 0)
        elif tag == 0x04:
            kind = box[at]
            at += 13
        elif tag == 0x05 and kind == _AAC:
            audio = box[at] >> 3
            if audio == 31:
                audio = 32 + ((box[at] & 0x07) << 3 | box[at + 1] >> 5)
            return f"mp4a.40.{audio}"
        else:
            break
    return "mp4a.6B" if kind in _MP3 else f"mp4a.{kind:X}"
