"""Names of files that models and people think up, as every system takes them and no reader is deceived by. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 100
_BYTES: Final = 200
"""A file system's bound is 255 bytes, and a downloaded name may get more behind it."""

_UNSAFE: Final = re.compile(r'[\\/<>:"|?*`\x00-\x1f\x7f]')
_HIDDEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_RESERVED: Final = frozenset(
    ("con", "prn", "aux", "nul", "conin$", "conout$", *(f"{kind}{number}" for kind in ("com", "lpt") for number in "0123456789¹²³"))
)  # fmt: skip
_NOT_IN_SLUGS: Final = re.compile(r"[^\w-]+")


def safe(name: str, suffix: str = "txt") -> str:
    """One plain name: no path, nothing invisible or that turns the direction of writing, none that Windows keeps for devices. With
    ``suffix``, unless it has one already."""
    if len(name) > 10 * LONGEST:
        name = name[: 5 * LONGEST] + name[-LONGEST:]
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(
        " " if unicodedata.category(sign) in ("Zs", "Zl", "Zp") or sign in "\t\n\r" else sign
        for sign in name
        if sign in "\t\n\r" or unicodedata.category(sign) not in _HIDDEN
    )
    kept = " ".join(_UNSAFE.sub("_", seen).split()).rstrip(". ").lstrip(" ")
    if not kept.strip("._ "):
        kept = "file"
    if kept.partition(".")[0].strip().lower() in _RESERVED:
        kept = f"_{kept}"
    if (
        suffix
        and "." not in kept.lstrip(".")
        and not kept.startswith(".")
        and kept.lower() not in ("dockerfile", "makefile")
    ):
        kept = f"{kept}.{suffix}"
    return _short(kept)


def key(name: str) -> str:
    """Names with the same key are the same file, on systems too that take capitals for small letters."""
    return unicodedata.normalize("NFKC", name).casefold()[:LONGEST]


def from_words(words: str, suffix: str) -> str:
    """A name made of a heading or a title."""
    slug = _NOT_IN_SLUGS.sub("-", unicodedata.normalize("NFC", words[:200]).lower()).strip("-_")[:50].rstrip("-_")
    return safe(f"{slug or 'document'}.{suffix}")


def apart(names: Iterable[str]) -> list[str]:
    """The same names in their order, with a number where one was there before."""
    taken: set[str] = set()
    found = []
    for name in names:
        number, made = 1, name
        while key(made) in taken:
            number += 1
            made = numbered(name, number)
        taken.add(key(made))
        found.append(made)
    return found


def numbered(name: str, number: int) -> str:
    stem, dot, suffix = name.rpartition(".")
    return _short(f"{stem}-{number}.{suffix}" if dot and stem else f"{name}-{number}")


def _short(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem or len(suffix) > 12:
        stem, dot, suffix = name, "", ""
    most = LONGEST - len(dot + suffix)
    stem = stem[:most]
    while len(f"{stem}{dot}{suffix}".encode()) > _BYTES:
        stem = stem[:-1]
    return f"{stem}{dot}{suffix}"
