"""Small pictures of an image, upright and with nothing in them but their pixels, and what its camera noted."""

from pathlib import Path
from typing import Any, Final

from PIL import (
    BmpImagePlugin,  # noqa: F401  (decoders have to be loaded before they can be asked for by name)
    IcoImagePlugin,  # noqa: F401
    Image,
    TiffImagePlugin,  # noqa: F401
    features,
)

from meatlizard.reading.found import Unreadable
from meatlizard.reading.kinds import HEAD
from meatlizard.reading.kinds import of as kind_of
from meatlizard.reading.pictures import FORMATS, opened, pixels_of, upright, with_heif

SIDES: Final = {"small": 320, "large": 1600}
ALSO: Final = ("TIFF", "BMP", "ICO")
"""Formats that are shown here beside those that models are shown."""

WEBP_QUALITY: Final = 80
AVIF_QUALITY: Final = 60
MOST_SAID: Final = 80
"""Characters of what a camera says of itself."""

_MAKER, _MODEL, _TIME, _GPS, _EXIF, _TAKEN = 0x010F, 0x0110, 0x0132, 0x8825, 0x8769, 0x9003


def make(source: Path, out: Path, programs: str = "") -> dict[str, Any]:
    """Writes ``small.webp`` and ``large.webp`` into ``out``, and the same as AVIF where that is smaller."""
    with opened(source, formats_of(source)) as file:
        width, height = _as_seen(file)
        facts = {"format": str(file.format), "frames": min(100_000, int(getattr(file, "n_frames", 1))), **_noted(file)}
        large = pixels_of(upright(file, SIDES["large"]))
    made = drawn(large, out)
    return {"width": width, "height": height, "facts": facts, "files": made}


def formats_of(source: Path) -> tuple[str, ...]:
    """Decoders to be tried, by the file's first bytes. Raises Unreadable for what is no image."""
    with source.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Unreadable("empty")
    return with_heif() if kind_of(head) == "heif" else (*FORMATS, *ALSO)


def drawn(large: Image.Image, out: Path) -> dict[str, int]:
    """``large`` and a smaller one, as files: their names, with their sizes in bytes."""
    made: dict[str, int] = {}
    for name in ("large", "small"):
        image = large.copy()
        image.thumbnail((SIDES[name], SIDES[name]))
        made |= _encoded(image, name, out)
    return made


def _encoded(image: Image.Image, name: str, out: Path) -> dict[str, int]:
    webp = out / f"{name}.webp"
    image.save(webp, "WEBP", quality=WEBP_QUALITY, method=3)
    made = {webp.name: webp.stat().st_size}
    if features.check("avif"):
        avif = out / f"{name}.avif"
        image.save(avif, "AVIF", quality=AVIF_QUALITY, speed=8)
        if avif.stat().st_size < made[webp.name]:
            made[avif.name] = avif.stat().st_size
        else:
            avif.unlink()
    return made


def _as_seen(file: Image.Image) -> tuple[int, int]:
    """Of the original: sideways pixels are counted as they are looked at."""
    width, height = file.size
    return (height, width) if file.getexif().get(0x0112) in (5, 6, 7, 8) else (width, height)


def _noted(file: Image.Image) -> dict[str, Any]:
    """What others would learn from the original. Damaged notes are no reason to show nothing."""
    try:
        exif = file.getexif()
        camera = " ".join(_said(exif.get(tag)) for tag in (_MAKER, _MODEL)).strip()
        taken = _said(exif.get_ifd(_EXIF).get(_TAKEN) or exif.get(_TIME))
        return {"camera": camera[:MOST_SAID], "taken": taken, "located": bool(exif.get_ifd(_GPS))}
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, OverflowError):
        return {"camera": "", "taken": "", "located": False}


def _said(value: Any) -> str:
    return "".join(letter for letter in str(value or "") if letter.isprintable()).strip()[:MOST_SAID]
