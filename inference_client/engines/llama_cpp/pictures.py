"""Image files to plain pixels, within limits: whatever is in the file, it costs bounded memory and ends in pixels or words."""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from inference_client.engines.base import EngineError

MOST_PIXELS: Final = 64_000_000
"""A file that would unpack to more is refused before it is unpacked."""

LONGEST_SIDE: Final = 2048
"""Models look at less; a longer side is brought to this."""

SHORTEST_SIDE: Final = 16
MOST_STRETCHED: Final = 100
"""Of the longer side to the shorter; models cut images into squares."""

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")

Pixels = tuple[int, int, bytes]
"""Width, height, and red, green and blue of each pixel, row by row."""


def pixels(data: bytes) -> Pixels:
    """The image of a PNG, JPEG, WebP or GIF file (of a moving one, the first frame), turned as its camera was held and on
    white where it is transparent. Raises EngineError ``bad_image``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = MOST_PIXELS
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                return _plain(opened)
    except EngineError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        limit = f"{MOST_PIXELS // 1_000_000} million"
        raise EngineError("bad_image", f"the image has more than {limit} pixels; make it smaller") from None
    except Exception as problem:
        # What decoders raise about a damaged file is endless, and none of it may end this process.
        detail = f"the image cannot be read ({type(problem).__name__}); send it as a whole PNG, JPEG, WebP or GIF file"
        raise EngineError("bad_image", detail) from None


def _plain(opened: Image.Image) -> Pixels:
    width, height = opened.size
    if max(width, height) > MOST_STRETCHED * min(width, height):
        raise EngineError("bad_image", f"an image of {width} x {height} pixels is too long and thin to be looked at")
    # A JPEG can be unpacked at an eighth of its size, which saves time and memory.
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    image: Image.Image = ImageOps.exif_transpose(opened)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    if min(image.size) < SHORTEST_SIDE:
        factor = -(-SHORTEST_SIDE // min(image.size))
        image = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    return image.width, image.height, image.tobytes()
