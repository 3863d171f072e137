"""Tokens a second of the last hour as a small PNG: a bar a minute, nothing where nothing was reported."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

WIDTH, HEIGHT, TOP = 600, 160, 22
PAGE, LINE, BAR, TEXT = (7, 10, 8), (36, 58, 44), (125, 240, 160), (160, 190, 170)


def png(rates: Sequence[float | None], title: str) -> bytes:
    """``title`` is in ASCII: Pillow's own font has no more."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAGE)
    draw = ImageDraw.Draw(image)
    peak = max((rate for rate in rates if rate is not None), default=0.0)
    floor = HEIGHT - 4
    for step in range(5):
        y = floor - step * (floor - TOP) / 4
        draw.line((0, y, WIDTH, y), fill=LINE)
    wide = WIDTH / max(1, len(rates))
    for number, rate in enumerate(rates):
        if rate is not None:
            # What was reported as nothing is a line, so that it differs from what was not reported.
            height = max(1.0, (floor - TOP) * rate / peak) if peak else 1.0
            draw.rectangle((number * wide + 1, floor - height, (number + 1) * wide - 2, floor), fill=BAR)
    draw.text((6, 5), title, fill=TEXT)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
