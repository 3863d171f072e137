"""Regular expressions of strangers, run by RE2: in time linear in the text, whatever the pattern."""

import re
from functools import lru_cache
from typing import Any

import re2
from django.utils.translation import gettext as _

MAX_PATTERN = 500
MAX_MEMORY = 1 << 19
"""Bytes that one compiled pattern may take with its states."""

_SLASHED = re.compile(r"/(.+)/([a-z]*)", re.DOTALL)
_KNOWN_FLAGS = frozenset("gimsuy")


class Unusable(Exception):
    """A pattern that RE2 does not take; the message says why, for people."""


class Pattern:
    """Of a key in a book: ``/pattern/flags`` as JavaScript writes it, or a bare pattern."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def found_in(self, text: bytes) -> bool:
        """``text`` in UTF-8."""
        return self._compiled.search(text) is not None


def is_slashed(key: str) -> bool:
    found = _SLASHED.fullmatch(key)
    return found is not None and set(found[2]) <= _KNOWN_FLAGS


@lru_cache(maxsize=2_000)
def compiled(key: str, case_sensitive: bool) -> Pattern:
    """Raises Unusable. ``case_sensitive`` is for bare patterns; others bring the flag ``i`` or not."""
    found = _SLASHED.fullmatch(key) if is_slashed(key) else None
    pattern, flags = (found[1], found[2]) if found else (key, "" if case_sensitive else "i")
    if len(pattern) > MAX_PATTERN:
        raise Unusable(_("a pattern has at most %(most)s characters") % {"most": MAX_PATTERN})
    # A slash is escaped in JavaScript's way of writing, and an unknown escape in RE2's.
    pattern = pattern.replace("\\/", "/") if found else pattern
    chosen = "".join(flag for flag in "ims" if flag in flags)
    options = re2.Options()
    options.log_errors, options.max_mem = False, MAX_MEMORY
    try:
        return Pattern(re2.compile((f"(?{chosen})" if chosen else "").encode() + pattern.encode(), options))
    except (re2.error, UnicodeEncodeError) as error:
        raise Unusable(_reason(error)) from None


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    words = said.decode(errors="replace") if isinstance(said, bytes) else ""
    if "perl operator" in words or "invalid escape" in words:
        return _("this site's regular expressions know neither looking around nor back references")
    return _("this is no regular expression that this site can run")
