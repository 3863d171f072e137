"""Regular expressions of operators, run by RE2: time grows with the text alone, whatever the expression."""

from collections.abc import Iterator

import re2
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid

MAX_LENGTH = 1_000
MAX_MEMORY = 8 * 2**20
"""Bytes that one expression may take for its automaton. Beyond it RE2 falls back to a slower way, still linear."""

Span = tuple[int, int]


class Pattern:
    """Raises Invalid, in words, for what RE2 does not take and for what matches everywhere."""

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise Invalid(_("Write a regular expression."), code="pattern_empty")
        if len(text) > MAX_LENGTH:
            raise Invalid(
                _("A regular expression has at most %(length)s characters.") % {"length": MAX_LENGTH},
                code="pattern_too_long",
            )
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = MAX_MEMORY
        try:
            self._compiled = re2.compile(text, options)
        except (re2.error, UnicodeEncodeError) as error:
            raise Invalid(
                _(
                    "This is no regular expression that the site runs (%(why)s). Look-around and back-references are left out."
                )
                % {"why": _words(error)},
                code="pattern_bad",
            ) from None
        if self._compiled.search("") is not None:
            raise Invalid(_("This regular expression matches the empty text, and so everything."), code="pattern_empty")

    def find(self, text: str) -> Iterator[Span]:
        for match in self._compiled.finditer(text):
            start, end = match.span()
            if end > start:
                yield start, end


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
