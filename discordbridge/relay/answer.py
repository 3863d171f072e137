"""An answer as messages of Discord: those that are shown while it is written, and those that remain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext

from discordbridge.relay.parts import Parts, code_file
from discordbridge.relay.scanning import Scanner
from meatlizard.languages import number

MAX_PARTS: Final = 8
"""Messages of one answer. The whole of a longer one comes as a file, with the address of its page."""

MAX_FILES: Final = 9
"""Of code: with the answer itself, ten are what a message of Discord's holds."""


MAX_BYTES: Final = 8_000_000
"""Of all files of a message: Discord takes ten millions, with what is around them."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """``parts``: texts of messages, in order. ``settled``: how many of them will stay as they are. ``more``: there is more than
    they show. ``files`` belong to a message of their own, whose text is ``note``."""

    parts: tuple[str, ...]
    settled: int
    more: bool = False
    files: tuple[File, ...] = ()
    note: str = ""


class Answer:
    """Takes the text of one answer as it grows."""

    def __init__(self) -> None:
        self.text = ""
        self._scanner = Scanner()
        self._parts = Parts()

    def update(self, text: str) -> None:
        """``text`` is the whole answer up to now. One that does not go on from what was there begins anew."""
        if not text.startswith(self.text):
            self.__init__()  # type: ignore[misc]
        for piece in self._scanner.feed(text[len(self.text) :]):
            self._parts.add(piece)
        self.text = text

    def so_far(self) -> Shown:
        """What is to be seen while it is written: full messages, and one that grows."""
        settled = len(self._parts.full)
        if settled >= MAX_PARTS:
            return Shown(tuple(self._parts.full[:MAX_PARTS]), MAX_PARTS, more=True)
        parts = self._ended()
        shown = _messages(parts)
        return Shown(tuple(shown[: settled + 1]), settled, more=len(shown) > settled + 1)

    def whole(self, link: str = "", made: Sequence[File] = ()) -> Shown:
        """What remains of the answer, which is over. ``link``: the address of its page; ``made``: files that came out of it, by the names that
        the conversation has for them."""
        parts = self._ended()
        shown = _messages(parts)
        wanted = _files(parts, made)
        files = _fitting(wanted)
        more = len(files) < len(wanted)
        note = ""
        if len(shown) > MAX_PARTS or more:
            files.append(File("answer.md", self.text))
            note = gettext("📎 This answer has {count} characters. All of it is in the file {name}.").format(
                count=number(len(self.text)), name="`answer.md`"
            )
        elif files:
            note = gettext("📎 Files of this answer:") if made else gettext("📎 The code in full:")
        if note and link:
            note += "\n" + gettext("On the web: {address}").format(address=f"<{link}>")
        kept = tuple(shown[:MAX_PARTS])
        return Shown(kept, len(kept), len(shown) > len(kept), tuple(files), note)

    def _ended(self) -> Parts:
        """As if nothing more came. What is there grows on undisturbed."""
        scanner, parts = self._scanner.copied(), self._parts.copied()
        for piece in scanner.end():
            parts.add(piece)
        return parts


def _files(parts: Parts, made: Sequence[File]) -> list[File]:
    """What is made, and blocks that are shown in part and are none of it; a text once."""
    known = {file.text.rstrip("\n") for file in made}
    return [
        *made,
        *(
            File(code_file(at, block.language), block.source)
            for at, block in enumerate(parts.large, 1)
            if block.source.rstrip("\n") not in known
        ),
    ]


def _fitting(files: Sequence[File]) -> list[File]:
    """As many as one message holds."""
    room, fitting = MAX_BYTES, []
    for file in files[:MAX_FILES]:
        size = len(file.text.encode())
        if size <= room:
            room -= size
            fitting.append(file)
    return fitting


def _messages(parts: Parts) -> list[str]:
    return [*parts.full, parts.last] if parts.last else parts.full
