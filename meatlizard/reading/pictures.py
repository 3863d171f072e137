"""Images, written anew: one frame, upright, at most as large as models look at, and nothing in the file but its pixels."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageCms, ImageOps

from meatlizard.reading.found import Read, Unreadable

MOST_PIXELS: Final = 64_000_000
"""A file that would unpack to more is refused before it is unpacked. The largest photographs of phones have 50 million."""

LONGEST_SIDE: Final = 1600
"""Models look at less."""

SMALL_SIDE: Final = 320
MOST_STRETCHED: Final = 100
MOST_PNG: Final = 1_000_000
"""Bytes; a drawing that would be larger without loss is a photograph, and kept as JPEG."""

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")


def read(path: Path, out: Path, *, heif: bool) -> Read:
    """Writes ``image`` and ``thumbnail`` into ``out``. Raises Unreadable."""
    with opened(path, FORMATS if not heif else with_heif()) as file:
        lossless = file.format in ("PNG", "GIF")
        image = upright(file, LONGEST_SIDE)
    media_type = _write(image, out, lossless)
    return Read("image", media_type, width=image.width, height=image.height)


@contextmanager
def opened(path: Path, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    """An image of one of ``formats`` within bounds; raises Unreadable, also for what decoding it within the context raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = MOST_PIXELS
            with Image.open(path, formats=formats) as file:
                _check(file)
                yield file
    except Unreadable:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError):
        raise Unreadable("too_many_pixels", str(MOST_PIXELS // 1_000_000)) from None
    except Exception as problem:
        # What decoders raise about a damaged file is endless.
        raise Unreadable("image_unreadable") from problem


def _check(file: Image.Image) -> None:
    width, height = file.size
    if width * height > MOST_PIXELS:
        raise Unreadable("too_many_pixels", str(MOST_PIXELS // 1_000_000))
    if max(width, height) > MOST_STRETCHED * min(width, height):
        raise Unreadable("too_thin")


def with_heif() -> tuple[str, ...]:
    try:
        import pi_heif  # type: ignore[import-untyped]
    except ImportError:
        raise Unreadable("heif_unsupported") from None
    pi_heif.register_heif_opener(thumbnails=False)
    return ("HEIF", "AVIF")


def upright(file: Image.Image, longest: int) -> Image.Image:
    """The pixels as one looks at them, in sRGB, ``longest`` on the longer side at most."""
    profile = file.info.get("icc_profile")
    # A JPEG can be unpacked at an eighth of its size, which saves time and memory.
    file.draft("RGB", (longest, longest))
    see_through = file.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in file.info
    image = file.convert("RGBA" if see_through else "RGB")
    image = ImageOps.exif_transpose(image)
    image.thumbnail((longest, longest))
    if profile and not see_through and file.mode == "RGB":
        image = _in_srgb(image, profile)
    return image


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Without its profile the colours of a camera would look pale. One that cannot be read is done without."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _write(image: Image.Image, out: Path, lossless: bool) -> str:
    """Returns the media type. Formats that every engine takes: PNG and JPEG."""
    bare = pixels_of(image)
    small = on_white(bare)
    small.thumbnail((SMALL_SIDE, SMALL_SIDE))
    _saved(small, out / "thumbnail", "JPEG", quality=80)
    if lossless or bare.mode == "RGBA":
        _saved(bare, out / "image", "PNG", optimize=True)
        if (out / "image").stat().st_size <= MOST_PNG:
            return "image/png"
    _saved(on_white(bare), out / "image", "JPEG", quality=88)
    return "image/jpeg"


def pixels_of(image: Image.Image) -> Image.Image:
    """The same picture, which knows nothing else."""
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    return bare


def _saved(image: Image.Image, path: Path, kind: str, **options: Any) -> None:
    with path.open("wb") as file:
        image.save(file, kind, **options)


def on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image.copy()
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
