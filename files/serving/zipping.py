"""A ZIP archive that is written while it is sent: stored and not packed, so that its length is known before the first byte.

    archive = Archive([Member("Holiday/photo.jpg", blob.size, lambda: reading.open(blob))])
    archive.length            # for Content-Length
    archive.pieces()          # bytes, synchronous: read it in a thread, piece by piece, as meatlizard.threads.in_turns does

A member that turns out shorter, longer or unreadable raises Broken in the middle of the stream. Whoever sends it lets the connection break
then: a reader with fewer bytes than Content-Length knows that something is missing.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final

from zipstream import ZipStream  # type: ignore[import-untyped]

PIECE: Final = 262_144
MOST_NAME: Final = 200
"""Bytes of one part of a path: file systems take 255, and a number may have to be added."""

MOST_DEPTH: Final = 40
FORBIDDEN: Final = frozenset('<>:"/\\|?*')
"""What Windows takes in no name; the slashes would begin a folder."""

DEVICES: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *(f"{kind}{number}" for kind in ("COM", "LPT") for number in "123456789")}
)  # fmt: skip


class Broken(Exception):
    """A member could not be written as it was announced."""


@dataclass(frozen=True, slots=True)
class Member:
    """``path``: folders and name, divided by ``/``. ``open``: called when its turn comes, from the thread that reads the pieces; None for
    an empty folder."""

    path: str
    size: int = 0
    open: Callable[[], IO[bytes]] | None = None


class Archive:
    def __init__(self, members: Iterable[Member]) -> None:
        self._stream = ZipStream(sized=True)
        for member, path in named(list(members)):
            if member.open is None:
                self._stream.mkdir(path)
            else:
                self._stream.add(_read(member, member.open), path, size=member.size)
        self.length: int = len(self._stream)

    def pieces(self) -> Iterator[bytes]:
        """Once only. Raises Broken."""
        sent = 0
        try:
            for piece in self._stream:
                sent += len(piece)
                yield bytes(piece)
        except RuntimeError as problem:
            raise Broken(str(problem)) from problem
        if sent != self.length:
            raise Broken(f"{sent} bytes of {self.length}")


def _read(member: Member, opener: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    left = member.size
    try:
        with opener() as file:
            while piece := file.read(min(PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    raise Broken("a member grew")
                yield piece
    except OSError as problem:
        raise Broken("a member could not be read") from problem
    if left:
        raise Broken(f"{left} bytes of a member are missing")


def named(members: Sequence[Member]) -> list[tuple[Member, str]]:
    """Each member under a path that every system can unpack to, inside the folder it is unpacked in, and that no other has."""
    names = _Names()
    return [(member, names.take(clean(member.path))) for member in members]


def clean(path: str) -> str:
    """Relative, without ``..``, control characters and what turns the direction of writing, without what Windows refuses."""
    parts = [one for one in map(part, path.split("/")[-MOST_DEPTH:]) if one]
    return "/".join(parts) or "_"


def part(text: str) -> str:
    """A name that every system takes; empty where nothing is left of it."""
    text = unicodedata.normalize("NFC", text)
    kept = "".join("_" if char in FORBIDDEN or _hidden(char) else char for char in text)
    # Windows drops dots and spaces at the end: ".. " would become "..", and "a." meet "a".
    kept = _shortened(kept.strip().rstrip(". ")).rstrip(". ")
    if kept.split(".")[0].strip().upper() in DEVICES:
        kept = f"_{kept}"
    return kept


def _hidden(char: str) -> bool:
    """Control characters, lone surrogates, and characters of form that nobody sees, but the joiners that scripts and emoji need."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or (
        unicodedata.category(char) == "Cf" and char not in "\u200c\u200d"
    )


def _shortened(name: str) -> str:
    raw = name.encode()
    if len(raw) <= MOST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = name, "", ""
    kept = stem.encode()[: MOST_NAME - len((dot + ending).encode())].decode(errors="ignore")
    return f"{kept}{dot}{ending}"


class _Names:
    """Paths that are taken; letters of both cases count as the same, since most systems say so."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, path: str) -> str:
        """``path``, or with a number before its ending where it is taken."""
        folder, slash, name = path.rpartition("/")
        stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
        candidate, number = path, self._next.get(_key(path), 2)
        while _key(candidate) in self._taken:
            candidate = f"{folder}{slash}{stem} ({number}){dot}{ending}"
            number += 1
        self._next[_key(path)] = number
        self._taken.add(_key(candidate))
        return candidate


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())
