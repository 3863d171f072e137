"""What short links are named by: letters, digits, ``-``, ``_``, ``.`` and ``~``, in one or several segments.

Random slugs have no letters and digits that look alike, since people read them out and type them off paper.
"""

import secrets
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from shortener.models.links import MAX_SLUG

ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXY"
"""Without 0, 1, i, l, o, and the capitals that are taken for digits or for their small letters: B, I, O, S, Z."""

LENGTH: Final = 7
"""52 letters: 1.03 * 10^12 slugs."""

MAX_SEGMENTS: Final = 8
WORDS: Final = 3
RESERVED: Final = frozenset({"robots.txt", "favicon.ico", "sitemap.xml", "security.txt"})
"""What programs ask every host for, at the root of a domain."""

_LISTS = [(Path(__file__).parent / "words" / name).read_text().split() for name in ("qualities.txt", "things.txt")]


def random_slug(length: int = LENGTH) -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(length))


def word_slug() -> str:
    """Two qualities and a thing: easy to say, and easier to guess than a random slug."""
    qualities, things = _LISTS
    return "-".join([secrets.choice(qualities), secrets.choice(qualities), secrets.choice(things)])


MADE: Final[dict[str, Callable[[], str]]] = {"random": random_slug, "words": word_slug}


def clean(text: str) -> str:
    """A slug that somebody chose, as it is stored. Raises Invalid."""
    slug = unicodedata.normalize("NFC", text).strip("/")
    if not slug or len(slug) > MAX_SLUG or slug.count("/") >= MAX_SEGMENTS:
        raise Invalid(
            _("A slug has 1 to %(most)s characters, in at most %(parts)s parts.")
            % {"most": MAX_SLUG, "parts": MAX_SEGMENTS},
            code="slug_bad",
        )
    if not is_clean(slug):
        raise Invalid(
            _("A slug is made of letters, digits and - _ . ~; each of its parts begins with a letter or a digit."),
            code="slug_bad",
        )
    return slug


def is_clean(slug: str) -> bool:
    """Whether a slug is made of what slugs are made of, whatever its length."""
    return slug not in RESERVED and all(_is_segment(segment) for segment in slug.split("/"))


def file_name(slug: str) -> str:
    """Of a file about a link: in ASCII and without anything that means something to a shell or a header."""
    return (
        "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in slug)[:80].strip("-") or "link"
    )


def _is_segment(segment: str) -> bool:
    # A first character that is a letter or a digit leaves no room for "..", ".well-known", and our own "@".
    return segment[:1].isalnum() and all(_may_stand(letter) for letter in segment)


def _may_stand(letter: str) -> bool:
    return letter in "-_.~" or letter.isalnum() or unicodedata.category(letter) in ("Mn", "Mc")
