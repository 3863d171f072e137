"""Conditional requests, decided as nginx decides them (``ngx_http_not_modified_filter_module.c``).

Stricter than RFC 9110 in two places, and never wrong by it in what reaches a reader: If-Unmodified-Since holds beside If-Match, and If-Modified-Since beside If-None-Match,
so that an answer is 304 only when both say so; dates must be equal to the file's, not merely later. Pure.
"""

from dataclasses import dataclass
from enum import Enum, auto

from files.serving import dates


@dataclass(frozen=True, slots=True)
class Conditions:
    """The headers as they came; None where there was none."""

    match: str | None = None
    none_match: str | None = None
    modified_since: str | None = None
    unmodified_since: str | None = None
    range: str | None = None
    if_range: str | None = None


class Verdict(Enum):
    SEND = auto()
    NOT_MODIFIED = auto()
    FAILED = auto()


def verdict(asked: Conditions, etag: str, modified: int | None) -> Verdict:
    """``etag`` with its quotes; ``modified`` in seconds since 1970, None where nobody knows."""
    if asked.unmodified_since is not None:
        since = dates.read(asked.unmodified_since)
        if modified is None or since is None or since < modified:
            return Verdict.FAILED
    if asked.match is not None and not listed(asked.match, etag, weak=False):
        return Verdict.FAILED
    if asked.modified_since is None and asked.none_match is None:
        return Verdict.SEND
    if asked.modified_since is not None and (modified is None or dates.read(asked.modified_since) != modified):
        return Verdict.SEND
    if asked.none_match is not None and not listed(asked.none_match, etag, weak=True):
        return Verdict.SEND
    return Verdict.NOT_MODIFIED


def range_holds(if_range: str | None, etag: str, modified: int | None) -> bool:
    """Whether the reader's first half is of the content that would be sent; if not, all of it is."""
    if if_range is None:
        return True
    if len(if_range) >= 2 and if_range.endswith('"'):
        return if_range == etag
    return modified is not None and dates.read(if_range) == modified


def listed(header: str, etag: str, *, weak: bool) -> bool:
    """Whether ``etag`` is in the list; ``weak``: tags that are marked as weak count as well."""
    if header == "*":
        return True
    rest = header
    while rest:
        if weak and len(rest) > 2:
            rest = rest.removeprefix("W/")
        if rest.startswith(etag):
            after = rest[len(etag) :].lstrip(" \t")
            if not after or after.startswith(","):
                return True
            rest = after
        rest = rest.partition(",")[2].lstrip(" \t,")
    return False
