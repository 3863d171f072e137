"""Frames on a browser's websocket: requests as JSON, and text of running answers, the one thing there that is no JSON."""

import json
from uuid import UUID

from django.utils.translation import gettext
from pydantic import TypeAdapter, ValidationError

from chat.events import FromBrowser
from meatlizard.errors import Invalid

_from_browser: TypeAdapter[FromBrowser] = TypeAdapter(FromBrowser)


def from_browser(frame: str) -> FromBrowser:
    """Reads one text frame. Raises Invalid with the first complaint in words, never with the value."""
    try:
        return _from_browser.validate_json(frame)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(
            gettext("This message could not be read ({place}: {msg}).").format(place=place, msg=first["msg"]),
            code="bad_frame",
        ) from None


def request_of(frame: str) -> UUID | None:
    """The request id in a frame that was refused, if one can be made out: the page must know which of its requests it was,
    or it would send it again for ever.
    """
    try:
        body = json.loads(frame)
        return UUID(body["request"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def pack_delta(stream: int, offset: int, text: str) -> bytes:
    """Binary frame of text: one byte ``stream`` (with THINKING for thinking), ``offset`` as LEB128 varint (code points), then
    UTF-8 text.

    Five bytes around a token where JSON with ids needs eighty.
    """
    head = bytearray((stream,))
    while offset > 0x7F:
        head.append(offset & 0x7F | 0x80)
        offset >>= 7
    head.append(offset)
    return bytes(head) + text.encode()
