"""Which way is up, as the only note of a camera."""

import struct

from PIL import Image


def of(noted: bytes) -> int:
    """1 to 8, from Exif data that begins with a TIFF header; 1 where it says nothing that makes sense."""
    exif = Image.Exif()
    try:
        exif.load(b"Exif\x00\x00" + noted)
        found = exif.get(0x0112, 1)
    except (ValueError, SyntaxError, KeyError, TypeError, OSError, struct.error):
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def note(orientation: int) -> bytes:
    """Exif data with one entry, as in the Exif specification, 4.6.2."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"II*\x00" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
