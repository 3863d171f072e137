"""Pictures of personas. What is uploaded is decoded within limits and encoded anew: nothing of a stranger's file is ever served.

Without one, a persona has a figure made of its id.
"""

import hashlib
import io
import warnings
from uuid import UUID

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from chat.models import Avatar
from chat.personas.cards import png
from meatlizard.errors import Invalid

MAX_BYTES = 16_000_000
MAX_PIXELS = 24_000_000
SIDE = 1024
"""Pixels of the longer side, as it is kept."""

THUMBNAIL = 192
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

CELLS = 8
_GROUND, _INKS = (14, 20, 16), ((125, 240, 160), (255, 192, 105), (159, 216, 255), (217, 194, 255), (245, 169, 127))


def encoded(data: bytes) -> Avatar:
    """Not saved yet. Raises Invalid for what is no picture, damaged, or too large."""
    if len(data) > MAX_BYTES:
        said = {"most": MAX_BYTES // 1_000_000}
        raise Invalid(_("A picture has at most %(most)s MB.") % said, code="picture_too_large")
    picture = _decoded(png.bare(data) if png.is_png(data) else data)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    # Faces of portraits are above the middle.
    small = ImageOps.fit(picture, (THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS, centering=(0.5, 0.25))
    return Avatar(data=_webp(picture, 88), thumbnail=_webp(small, 80), width=picture.width, height=picture.height)


def _decoded(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise _too_large()
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_large() from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Invalid(
            _("This picture cannot be read. Give a PNG, JPEG, WebP or GIF file that is whole."),
            code="picture_unreadable",
        ) from None


def _too_large() -> Invalid:
    said = {"most": MAX_PIXELS // 1_000_000}
    return Invalid(_("A picture has at most %(most)s million pixels.") % said, code="picture_too_large")


def _webp(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()


def as_png(avatar: Avatar | None, key: UUID) -> bytes:
    """The avatar, or the figure of the persona ``key``, as a PNG file."""
    if avatar is None:
        return figure_png(key, SIDE // 2)
    out = io.BytesIO()
    with Image.open(io.BytesIO(bytes(avatar.data)), formats=("WEBP",)) as opened:
        opened.convert("RGBA" if opened.has_transparency_data else "RGB").save(out, "PNG")
    return out.getvalue()


def figure_png(key: UUID, side: int) -> bytes:
    out = io.BytesIO()
    figure(key, side).save(out, "PNG", optimize=True)
    return out.getvalue()


def figure(key: UUID, side: int) -> Image.Image:
    """A small mirrored figure of few pixels, the same for the same id on every site."""
    digest = hashlib.sha256(key.bytes).digest()
    grid = Image.new("P", (CELLS, CELLS))
    ink = _INKS[digest[0] % len(_INKS)]
    grid.putpalette([*_GROUND, *ink, *(part * 5 // 9 for part in ink)])
    half = CELLS // 2
    for at in range(CELLS * half):
        row, column = divmod(at, half)
        # Denser towards the middle, so that it looks like one body.
        byte = digest[1 + at % 31] if at < 31 else digest[at % 32] ^ 0x5A
        cell = (1 if byte % 5 else 2) if byte < 90 + 38 * column else 0
        if 0 < row < CELLS - 1 or column:
            grid.putpixel((column, row), cell)
            grid.putpixel((CELLS - 1 - column, row), cell)
    framed = ImageOps.expand(grid.convert("RGB"), 1, _GROUND)
    return framed.resize((side, side), Image.Resampling.NEAREST)
