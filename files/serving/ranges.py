"""The Range header, read as nginx reads it (``ngx_http_range_filter_module.c``), and the layout of an answer with several parts.

RFC 9110 leaves much to the server: nginx answers a malformed Range with 416 and not with everything, counts a part that lies behind the
end as nothing, and sends everything once when the parts together are longer than the file. Pure.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final

MOST_OFFSET: Final = 2**63 - 1
MOST_RANGES: Final = 64
"""As nginx's ``max_ranges 64``. More of them in one request are answered with everything; nginx as it comes has no bound."""

_UNIT: Final = "bytes="
_PART: Final = re.compile(
    r" *+(?:(?P<first>[0-9]++) *+- *+(?P<last>[0-9]*+)|-(?P<suffix>[0-9]++)) *+(?:,|\Z)", re.ASCII
)
"""Nothing is given back once it was read: two runs of spaces side by side would be tried in every division."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from ``start`` up to and without ``stop``."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start

    def of(self, total: int) -> str:
        """The value of a Content-Range."""
        return f"bytes {self.start}-{self.stop - 1}/{total}"


class Unsatisfiable(Exception):
    """416."""


def asked(header: str | None, total: int, most: int = MOST_RANGES) -> tuple[Part, ...]:
    """The parts of ``total`` bytes that ``header`` asks for; none: all of it. Raises Unsatisfiable."""
    if header is None or len(header) <= len(_UNIT) or header[: len(_UNIT)].lower() != _UNIT:
        return ()
    parts: list[Part] = []
    at, more = len(_UNIT), True
    while more:
        found = _PART.match(header, at)
        if found is None:
            raise Unsatisfiable
        part = _clipped(found, total)
        if part.size > 0:
            parts.append(part)
            if len(parts) > most:
                return ()
        elif part.start == 0:
            return ()
        at, more = found.end(), found[0].endswith(",")
    if not parts:
        raise Unsatisfiable
    # Parts that overlap, so that the answer would be longer than the file: the file is sent.
    return tuple(parts) if sum(part.size for part in parts) <= total else ()


def _clipped(found: re.Match[str], total: int) -> Part:
    if found["suffix"] is not None:
        wanted = _number(found["suffix"])
        return Part(max(0, total - wanted), total)
    start = _number(found["first"])
    stop = min(_number(found["last"]) + 1, total) if found["last"] else total
    return Part(start, stop)


def _number(digits: str) -> int:
    # Not more digits than can count: a long number would take Python time that grows with its square.
    if len(digits.lstrip("0")) > 19 or (number := int(digits.lstrip("0") or "0")) > MOST_OFFSET:
        raise Unsatisfiable
    return number


@dataclass(frozen=True, slots=True)
class Multipart:
    """A ``multipart/byteranges`` body: what stands before each part, and the end."""

    boundary: str
    heads: tuple[bytes, ...]
    end: bytes
    length: int

    @property
    def media_type(self) -> str:
        return f"multipart/byteranges; boundary={self.boundary}"


def multipart(parts: tuple[Part, ...], total: int, content_type: str) -> Multipart:
    boundary = f"{secrets.randbelow(10**20):020}"
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    heads = tuple(f"\r\n--{boundary}\r\n{kind}Content-Range: {part.of(total)}\r\n\r\n".encode() for part in parts)
    end = f"\r\n--{boundary}--\r\n".encode()
    length = sum(map(len, heads)) + sum(part.size for part in parts) + len(end)
    return Multipart(boundary, heads, end, length)
