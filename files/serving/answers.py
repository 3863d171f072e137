"""What is answered to a request for content: status, headers, and which bytes, as nginx would answer it for a file on its disk. Pure.

From nginx ours differ in what stands here, and in nothing else that the tests compare: the ETag is the content's SHA-256 and not time and length, and errors come with a line of
text and not with nginx's page.
"""

from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext_lazy as _

from files.serving import dates, ranges
from files.serving.conditions import Conditions, Verdict, range_holds, verdict
from files.serving.ranges import Part, Unsatisfiable

Header = tuple[bytes, bytes]

METHODS: Final = ("GET", "HEAD")
SINGLE: Final = {
    b"if-match": "match",
    b"if-none-match": "none_match",
    b"if-modified-since": "modified_since",
    b"if-unmodified-since": "unmodified_since",
    b"if-range": "if_range",
}
"""Headers of which there may be one: nginx answers two with 400. Of two Range headers it takes the first."""

ERRORS: Final = {
    400: _("A condition was sent twice."),
    405: _("Content can be read, and nothing else."),
    412: _("The file is not as the request supposes."),
    416: _("The file has no such part."),
}


@dataclass(frozen=True, slots=True)
class Content:
    """What could be sent. ``etag`` with its quotes; ``modified``: seconds since 1970; ``headers``: sent with every answer that is not an error."""

    size: int
    etag: str
    modified: int | None
    content_type: str
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """``body``: bytes that are sent as they are, and parts of the content, in their order."""

    status: int
    headers: tuple[Header, ...]
    body: tuple[bytes | Part, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the content is sent in full: one part of it, and not fewer bytes than it has."""
        return self.status == 200

    @property
    def content_size(self) -> int:
        """Bytes of the content that are sent."""
        return sum(one.size for one in self.body if not isinstance(one, bytes))


@dataclass(slots=True)
class Refused(Exception):
    """A request that is answered with an error whatever the content is."""

    status: int
    headers: tuple[Header, ...] = field(default=())


def conditions(method: str, headers: "list[Header]") -> Conditions:
    """``headers`` as ASGI has them, names in small letters. Raises Refused."""
    if method not in METHODS:
        raise Refused(405, ((b"allow", ", ".join(METHODS).encode()),))
    found: dict[str, str] = {}
    for name, value in headers:
        if name in SINGLE:
            if SINGLE[name] in found:
                raise Refused(400)
            found[SINGLE[name]] = value.decode("latin-1")
        elif name == b"range":
            found.setdefault("range", value.decode("latin-1"))
    return Conditions(**found)


def answer(asked: Conditions, content: Content, *, head: bool = False, most: int = ranges.MOST_RANGES) -> Answer:
    """``head``: the same headers, and no body."""
    common: tuple[Header, ...] = (
        ((b"last-modified", dates.written(content.modified).encode()),) if content.modified is not None else ()
    )
    common += ((b"etag", content.etag.encode()), *content.headers)
    decided = verdict(asked, content.etag, content.modified)
    if decided is Verdict.FAILED:
        return error(412)
    if decided is Verdict.NOT_MODIFIED:
        return Answer(304, common)
    parts: tuple[Part, ...] = ()
    try:
        if range_holds(asked.if_range, content.etag, content.modified):
            parts = ranges.asked(asked.range, content.size, most)
    except Unsatisfiable:
        return error(416, ((b"content-range", f"bytes */{content.size}".encode()),))
    kind = ((b"content-type", content.content_type.encode()),) if content.content_type else ()
    if not parts:
        said = (*kind, _length(content.size), *common, (b"accept-ranges", b"bytes"))
        return Answer(200, said, () if head else (Part(0, content.size),))
    if len(parts) == 1:
        said = (*kind, _length(parts[0].size), *common, (b"content-range", parts[0].of(content.size).encode()))
        return Answer(206, said, () if head else parts)
    layout = ranges.multipart(parts, content.size, content.content_type)
    said = ((b"content-type", layout.media_type.encode()), _length(layout.length), *common)
    if head:
        return Answer(206, said)
    pieces = [one for pair in zip(layout.heads, parts, strict=True) for one in pair]
    return Answer(206, said, (*pieces, layout.end))


def words(status: int) -> bytes:
    """The body of a refusal."""
    return f"{ERRORS[status]}\n".encode()


def error(status: int, headers: tuple[Header, ...] = ()) -> Answer:
    text = words(status)
    return Answer(
        status,
        (*headers, (b"content-type", b"text/plain; charset=utf-8"), _length(len(text)), (b"x-content-type-options", b"nosniff")),
        (text,),
    )  # fmt: skip


def _length(size: int) -> Header:
    return (b"content-length", str(size).encode())
