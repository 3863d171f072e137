"""The part of an address that is a share: 128 random bits, or words that somebody has chosen."""

import re
import secrets
from typing import Final

from django.utils.translation import gettext as _

from meatlizard.errors import Invalid

ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0 and o, 1, i and l."""

LENGTH: Final = 26
"""31 to the power of 26 is more than 2 to the power of 128."""

RESERVED: Final = frozenset({"up", "new", "report"})
CHOSEN: Final = re.compile(r"(?!-)[a-z0-9-]{3,60}(?<!-)")


def made_up() -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))


def chosen(text: str) -> str:
    """Raises Invalid. Somebody may guess it: :func:`files.sharing.terms.check` wants another guard beside it."""
    slug = text.strip().lower()
    if not CHOSEN.fullmatch(slug) or slug in RESERVED:
        raise Invalid(
            _(
                "An address of your own has 3 to 60 letters from a to z, digits and hyphens, and is none of the site's own words."
            ),
            code="slug_bad",
        )
    return slug


def is_random(slug: str) -> bool:
    return len(slug) == LENGTH and set(slug) <= set(ALPHABET)
