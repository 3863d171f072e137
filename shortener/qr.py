"""QR codes of addresses, as SVG and PNG."""

import io
import re
from dataclasses import dataclass
from typing import Final, Literal

import segno
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid

Kind = Literal["svg", "png"]
TYPES: Final[dict[str, str]] = {"svg": "image/svg+xml", "png": "image/png"}
MAX_SCALE, MAX_BORDER = 40, 20
_COLOUR = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """``scale``: pixels of one square; ``border``: squares of quiet around it, 4 by the standard; ``level``: how much may be missing
    (L 7 %, M 15 %, Q 25 %, H 30 %); colours in hex, ``light`` empty: none."""

    scale: int = 8
    border: int = 4
    level: str = "M"
    dark: str = "000000"
    light: str = "ffffff"


def look(scale: str = "", border: str = "", level: str = "", dark: str = "", light: str | None = None) -> Look:
    """Of what a form or an address says; empty: as usual. Raises Invalid."""
    plain = Look()
    if level and level.upper() not in ("L", "M", "Q", "H"):
        raise Invalid(_("The level of a QR code is L, M, Q or H."), code="level_bad")
    return Look(
        scale=_number(scale, plain.scale, 1, MAX_SCALE, _("scale")),
        border=_number(border, plain.border, 0, MAX_BORDER, _("border")),
        level=level.upper() or plain.level,
        dark=_colour(dark) if dark else plain.dark,
        light=plain.light if light is None else _colour(light) if light else "",
    )


def draw(text: str, kind: Kind, look: Look) -> bytes:
    """Raises Invalid for what is too long, or dark on dark."""
    if look.light and look.dark.lower() == look.light.lower():
        raise Invalid(_("Nobody can read a code of one colour."), code="colours_same")
    try:
        code = segno.make_qr(text, error=look.level, boost_error=True)
    except segno.DataOverflowError:
        raise Invalid(_("This address is too long for a QR code."), code="too_long") from None
    out = io.BytesIO()
    colours = {"dark": f"#{look.dark}", "light": f"#{look.light}" if look.light else None}
    if kind == "svg":
        code.save(out, kind="svg", scale=look.scale, border=look.border, svgclass=None, lineclass=None, **colours)
    else:
        code.save(out, kind="png", scale=look.scale, border=look.border, **colours)
    return out.getvalue()


def _number(text: str, usual: int, least: int, most: int, what: str) -> int:
    if not text:
        return usual
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:6]) <= most:
        raise Invalid(
            _("{what}: a whole number from {least} to {most}.").format(what=what, least=least, most=most), code="qr_bad"
        )
    return int(text)


def _colour(text: str) -> str:
    found = _COLOUR.fullmatch(text)
    if found is None:
        raise Invalid(_("A colour is written as six hexadecimal digits."), code="colour_bad")
    digits = found[1].lower()
    return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
