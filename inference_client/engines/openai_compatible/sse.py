"""Server-sent events from bytes: the part that OpenAI's interface uses.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.5 and 9.2.6; only ``data`` matters here.
"""

from typing import Final

MAX_EVENT: Final = 4 * 2**20
"""Bytes of one event, far above any delta or tool call."""


class TooLong(Exception):
    """A line or an event has no end in sight."""


class EventReader:
    """Feed it bytes as they come; it returns the data of each event that is whole. An event without data is none."""

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Raises TooLong."""
        if not piece:
            return []
        half, self._after_cr = self._after_cr, piece.endswith(b"\r")
        if half:
            piece = piece.removeprefix(b"\n")
        # A lone CR ends a line too, so nothing is kept waiting for an LF that may never come.
        lines = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        lines[0] = self._rest + lines[0]
        self._rest = lines.pop()
        events = [event for line in lines if (event := self._line(line)) is not None]
        if len(self._rest) + self._size > self._limit:
            raise TooLong
        return events

    def _line(self, line: bytes) -> bytes | None:
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
                self._size += len(value)
                if self._size > self._limit:
                    raise TooLong
            return None
        if not self._data:
            return None
        event = b"\n".join(self._data)
        self._data, self._size = [], 0
        return event
