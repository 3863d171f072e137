"""``multipart/form-data`` as it comes: what is found is told piece by piece, and nothing is kept but what a field may hold.

The parser beneath is python-multipart's, which takes bytes and knows no I/O; here are the bounds that a stranger's form meets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from django.utils.translation import gettext as _
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from meatlizard.errors import Invalid, LimitReached

MAX_PARTS: Final = 1_000
"""Files and fields of one form."""

MAX_HEADERS: Final = 12
MAX_HEADER: Final = 2_000
MAX_FIELD: Final = 4_000
MAX_FIELDS: Final = 100
MAX_BOUNDARY: Final = 200


@dataclass(frozen=True, slots=True)
class Field:
    """A whole field of the form."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileBegins:
    """``filename``: as it was sent, with whatever path; nobody has looked at it."""

    name: str
    filename: str


@dataclass(frozen=True, slots=True)
class FileEnds:
    pass


Found: TypeAlias = Field | FileBegins | FileEnds | bytes
"""Bytes are those of the file that began last."""


def boundary_of(content_type: str) -> bytes:
    """Raises Invalid for what is no form in parts, or has no usable boundary."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= MAX_BOUNDARY:
        raise Invalid(_("Send a form in parts (multipart/form-data), as “curl -F file=@NAME” does."), code="no_form")
    return boundary


class Form:
    """Gets bytes, tells what they hold. A piece of input makes no more output than it has bytes."""

    def __init__(self, boundary: bytes) -> None:
        self._found: list[Found] = []
        self._headers: dict[str, str] = {}
        self._header = b""
        self._value = b""
        self._name = ""
        self._field: bytearray | None = None
        self._parts = self._fields = 0
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins, "on_header_field": self._header_name, "on_header_value": self._header_value,
                "on_header_end": self._header_ends, "on_headers_finished": self._headers_end, "on_part_data": self._data,
                "on_part_end": self._part_ends, "on_end": self._end,
            },
            max_header_count=MAX_HEADERS, max_header_size=MAX_HEADER,
        )  # fmt: skip

    def feed(self, data: bytes) -> Iterator[Found]:
        """Raises Invalid for what cannot be read, LimitReached for too many parts."""
        try:
            self._parser.write(data)
        except FormParserError:
            raise _unreadable() from None
        found, self._found = self._found, []
        yield from found

    def finish(self) -> None:
        """Raises Invalid for a form that is not whole."""
        if not self._ended:
            raise _unreadable()

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise LimitReached(
                _("A form may hold %s files and fields. Send several.") % MAX_PARTS, code="too_many_parts"
            )
        self._headers = {}
        self._field = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._header.decode("latin-1").strip().lower()] = self._value.decode("latin-1")
        self._header = self._value = b""

    def _headers_end(self) -> None:
        kind, options = parse_options_header(self._headers.get("content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise _unreadable()
        self._name = _text(options[b"name"])
        if b"filename" in options:
            self._found.append(FileBegins(self._name, _text(options[b"filename"])))
            return
        self._fields += 1
        if self._fields > MAX_FIELDS:
            raise LimitReached(_("A form may hold %s fields beside its files.") % MAX_FIELDS, code="too_many_fields")
        self._field = bytearray()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._found.append(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > MAX_FIELD:
            raise Invalid(
                _("A field of this form is too long. Send files as files: curl -F file=@NAME."), code="field_long"
            )

    def _part_ends(self) -> None:
        if self._field is None:
            self._found.append(FileEnds())
        else:
            self._found.append(Field(self._name, _text(bytes(self._field))))

    def _end(self) -> None:
        self._ended = True


def _text(data: bytes) -> str:
    """Browsers and curl send names as UTF-8."""
    return data.decode(errors="replace")


def _unreadable() -> Invalid:
    return Invalid(_("This form cannot be read, or is not whole. Send it again."), code="form_unreadable")
