"""An uploaded file, taken apart one conversation at a time: a ZIP archive or bare JSON, of whichever program.

Nothing is unpacked to disk, and no more than one conversation is in memory.
"""

import codecs
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.errors import Invalid

MAX_UNPACKED = 2_000_000_000
"""Bytes that all files of an archive may have together, unpacked."""

MAX_DIRECTORY = 16_000_000
"""Bytes of a ZIP archive's table of contents, which is read as a whole: about 100,000 files."""

MAX_ITEM = 32_000_000
"""Characters of one conversation."""

MAX_PARTS = 1_000_000
"""Lists and objects read ahead at once: each takes many times the memory of the two characters that make an empty one."""

PIECE = 262_144

_WANTED = re.compile(r"(?:^|/)(?:conversations[^/]*\.json|conversations/[^/]+\.json)$", re.IGNORECASE)
_SPACE = " \t\r\n"
_decoder = json.JSONDecoder()

NOT_READABLE = _(
    "This file cannot be read. Give the ZIP archive as it was downloaded, or the conversations.json out of it."
)


def conversations(file: IO[bytes]) -> Iterator[Any]:
    """Each conversation in ``file``, as JSON has it. Raises Invalid where it cannot be read any further."""
    start = file.read(4)
    file.seek(0)
    if start[:2] != b"PK":
        yield from _items(_text(file, _Room(MAX_UNPACKED)))
        return
    try:
        yield from _packed(file)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        # RuntimeError is how zipfile says that a password is needed.
        raise Invalid(_why_not(error), code="archive_unreadable") from None


def _why_not(error: Exception) -> str:
    if isinstance(error, RuntimeError) and "password" in str(error):
        return gettext("This archive is encrypted. Unpack it, and give the conversations.json out of it.")
    return gettext("This ZIP archive is damaged or cut off.")


def _packed(file: IO[bytes]) -> Iterator[Any]:
    # Looked at by the same function that zipfile itself goes by, before it reads the table.
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if not end:
        raise zipfile.BadZipFile
    if end[5] > MAX_DIRECTORY:
        raise Invalid(gettext("This archive holds too many files."), code="archive_too_large")
    room = _Room(MAX_UNPACKED)
    with zipfile.ZipFile(file) as packed:
        wanted = [found for found in packed.infolist() if _WANTED.search(found.filename) and not found.is_dir()]
        if not wanted:
            raise Invalid(
                gettext("There is no conversations.json in this archive."), code="archive_without_conversations"
            )
        for found in sorted(wanted, key=lambda found: found.filename):
            with packed.open(found) as part:
                yield from _items(_text(part, room))


class _Room:
    """What may still be unpacked. Sizes that an archive states are not believed."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Invalid(
                gettext("This archive is larger than it looks: unpacked it is too much."), code="archive_too_large"
            )


def _text(file: IO[bytes], room: _Room) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while piece := file.read(PIECE):
            room.take(len(piece))
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Invalid(gettext("This is not text in UTF-8."), code="archive_unreadable") from None


def _items(pieces: Iterator[str]) -> Iterator[Any]:
    """The elements of a JSON list, or the one object that is there instead."""
    text = _Ahead(pieces)
    first = text.next_character()
    if first == "{":
        yield text.value()
        return
    if first != "[":
        raise Invalid(str(NOT_READABLE), code="archive_unreadable")
    text.skip()
    if text.next_character() == "]":
        return
    while True:
        yield text.value()
        after = text.next_character()
        text.skip()
        if after == "]":
            return
        if after != ",":
            raise Invalid(gettext("This file is damaged or cut off."), code="archive_unreadable")


class _Ahead:
    """Text that is read as far as it is needed."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._text = ""
        self._at = 0

    def _more(self, least: int = 1) -> bool:
        """Reads at least so many characters more. False at the end."""
        found, length = [self._text[self._at :]], 0
        for piece in self._pieces:
            found.append(piece)
            length += len(piece)
            if length >= least:
                break
        self._text, self._at = "".join(found), 0
        if self._text.count("[") + self._text.count("{") > MAX_PARTS:
            raise Invalid(gettext("This file holds more than a conversation can."), code="archive_too_large")
        return length > 0

    def next_character(self) -> str:
        """The next that is no space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def skip(self) -> None:
        self._at += 1

    def value(self) -> Any:
        """The JSON value that begins here. Raises Invalid when it does not end, or is too much."""
        self.next_character()
        while True:
            try:
                found, self._at = _decoder.raw_decode(self._text, self._at)
            except ValueError:
                # It may go on in what is not read yet. Twice as much each time, so that all tries together cost little.
                length = len(self._text) - self._at
                if length > MAX_ITEM:
                    raise Invalid(
                        gettext("One conversation is larger than this site takes."), code="archive_too_large"
                    ) from None
                if not self._more(max(PIECE, length)):
                    raise Invalid(gettext("This file is damaged or cut off."), code="archive_unreadable") from None
            except RecursionError:
                raise Invalid(gettext("This file is nested too deeply."), code="archive_unreadable") from None
            else:
                return found
