"""Names that people, programs and other systems bring: made into what every file system, page and header can hold."""

import re
import unicodedata
from collections.abc import Collection

from django.utils.translation import gettext as _

from files.models.library import MAX_NAME

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of what is read: with them ``gpj.exe`` looks like ``exe.jpg``."""

_INVISIBLE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
_SLASHES = str.maketrans({"/": "_", "\\": "_"})
_NUMBERED = re.compile(r" \((\d{1,9})\)$")
_LONGEST_ENDING = 32


def clean(name: str) -> str:
    """A name that may stand: NFC, one line, without signs that hide or turn others, no path, 1 to 255 bytes of UTF-8."""
    # Composed once the invisible is gone, which may have stood between a letter and its accent.
    shown = unicodedata.normalize("NFC", "".join(sign for sign in name if _visible(sign)))
    shown = shown.translate(_SLASHES).strip()
    if not shown.strip("."):
        shown = _("Nameless") + shown
    return _shortened(shown, "")


def last_part(path: str) -> str:
    """Of a path that a browser or program sends the name at its end, cleaned."""
    return clean(re.split(r"[/\\]", path.rstrip("/\\"))[-1])


def free(name: str, taken: Collection[str], numbers: dict[tuple[str, str], int] | None = None) -> str:
    """``name``, or with the first free number before its ending: ``photo (2).jpg``. ``numbers``, kept by who asks for many while ``taken`` only
    grows: those below are not looked at again."""
    if name not in taken:
        return name
    stem, ending = split(name)
    if found := _NUMBERED.search(stem):
        stem = stem[: found.start()]
    numbers = {} if numbers is None else numbers
    number = numbers.get((stem, ending), 2)
    while (tried := _shortened(stem, f" ({number}){ending}")) in taken:
        number += 1
    numbers[stem, ending] = number + 1
    return tried


def split(name: str) -> tuple[str, str]:
    """Stem and ending; ``.tar.gz`` and its like are one ending, and what begins with a dot has none."""
    stem, dot, ending = name.rpartition(".")
    if not stem.strip(".") or not ending or len(ending) > _LONGEST_ENDING or " " in ending:
        return name, ""
    if stem.lower().endswith(".tar") and len(stem) > len(".tar"):
        stem, ending = stem[:-4], stem[-3:] + "." + ending
        return stem, "." + ending
    return stem, dot + ending


def _visible(sign: str) -> bool:
    return sign not in _BIDI and unicodedata.category(sign) not in _INVISIBLE


def _shortened(stem: str, ending: str) -> str:
    """As much of ``stem`` as goes before ``ending``. A name's own ending stays when the middle has to go."""
    if len((stem + ending).encode()) <= MAX_NAME:
        return stem + ending
    stem, own = split(stem)
    room = MAX_NAME - len((own + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + own + ending
