"""A copy of an image without what its camera, its programs and its maker noted in it: place, serial numbers, names, small pictures.

JPEG, PNG, WebP and GIF are taken apart and put together without it, so that not one pixel changes; others are written anew.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageSequence

from files.previews.making.pictures import formats_of
from files.previews.making.pieces import gif, jpeg, png, webp
from meatlizard.reading.found import Unreadable
from meatlizard.reading.pictures import MOST_PIXELS, opened, pixels_of, upright

MOST_BYTES: Final = 200_000_000
MOST_PAGES: Final = 200
"""Of a TIFF file."""

_BY_START: Final[tuple[tuple[bytes, str, Callable[[bytes], bytes]], ...]] = (
    (b"\xff\xd8\xff", "image/jpeg", jpeg.bare),
    (b"\x89PNG\r\n\x1a\n", "image/png", png.bare),
    (b"GIF8", "image/gif", gif.bare),
    (b"RIFF", "image/webp", webp.bare),
)


def make(source: Path, out: Path, programs: str = "") -> dict[str, Any]:
    """Writes ``bare`` into ``out``. ``{"media_type"}``; raises Unreadable for what cannot be taken apart: of that nobody else gets a copy."""
    if source.stat().st_size > MOST_BYTES:
        raise Unreadable("too_much")
    with source.open("rb") as file:
        head = file.read(16)
    for start, media_type, strip in _BY_START:
        if head.startswith(start):
            try:
                (out / "bare").write_bytes(strip(source.read_bytes()))
            except (IndexError, ValueError, struct.error) as problem:
                raise Unreadable("image_unreadable") from problem
            return {"media_type": media_type}
    return {"media_type": _anew(source, out / "bare")}


def _anew(source: Path, out: Path) -> str:
    with opened(source, formats_of(source)) as file:
        if file.format == "TIFF":
            pages = _pages(file)
            pages[0].save(out, "TIFF", compression="tiff_deflate", save_all=True, append_images=pages[1:])
            return "image/tiff"
        image = pixels_of(upright(file, max(file.size)))
    if image.mode == "RGBA":
        image.save(out, "PNG")
        return "image/png"
    image.save(out, "JPEG", quality=92)
    return "image/jpeg"


def _pages(file: Image.Image) -> list[Image.Image]:
    """Their pixels alone; of all of them together no more than one image may have."""
    pages: list[Image.Image] = []
    left = MOST_PIXELS
    for page in ImageSequence.Iterator(file):
        left -= page.width * page.height
        if left < 0 or len(pages) == MOST_PAGES:
            raise Unreadable("too_many_pixels", str(MOST_PIXELS // 1_000_000))
        pages.append(pixels_of(upright(page, max(page.size))))
    return pages
