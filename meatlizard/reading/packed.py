"""ZIP files within bounds: what one states of itself is not believed, and nothing is unpacked to disk."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from meatlizard.reading.found import Unreadable

MOST_ENTRIES: Final = 5_000
MOST_DIRECTORY: Final = 2_000_000
"""Bytes of the table of contents, which is read as a whole."""

MOST_UNPACKED: Final = 60_000_000
"""Bytes of all parts that are read together."""

MOST_RATIO: Final = 200
"""Unpacked to packed, of a part of more than a megabyte. Real XML is packed to a twentieth."""

MOST_DEPTH: Final = 200
"""Elements within elements."""


class Pack:
    """An open archive. Raises Unreadable wherever it is damaged, locked, or larger than it looks."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._left = MOST_UNPACKED
        self.names = frozenset(packed.namelist())

    def bytes_of(self, name: str, most: int) -> bytes:
        """The beginning of a small part; nothing when it is not there."""
        if name not in self.names:
            return b""
        with self._open(name) as part:
            return part.read(most)

    def elements(self, name: str, *, ends_only: bool = True) -> Iterator[tuple[str, Any]]:
        """``(event, element)`` of an XML part, in its order; elements are emptied once they have been seen, so that memory stays
        small. Nothing when the part is not there."""
        if name not in self.names:
            return
        depth = 0
        with self._open(name) as part:
            for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
                depth += 1 if event == "start" else -1
                if depth > MOST_DEPTH:
                    raise Unreadable("office_unreadable")
                if event == "end" or not ends_only:
                    yield event, element

    @contextmanager
    def _open(self, name: str) -> "Iterator[_Counted]":
        found = self._packed.getinfo(name)
        if found.flag_bits & 1:
            raise Unreadable("encrypted")
        if found.file_size > 1_000_000 and found.file_size > MOST_RATIO * max(1, found.compress_size):
            raise Unreadable("bomb")
        with self._packed.open(found) as part:
            yield _Counted(part, self)

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Unreadable("bomb")


class _Counted:
    """A part that is being unpacked, counted as it comes."""

    def __init__(self, part: IO[bytes], pack: Pack) -> None:
        self._part, self._pack = part, pack

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            size = MOST_UNPACKED
        data = self._part.read(size)
        self._pack.take(len(data))
        return data


@contextmanager
def opened(path: Path) -> Iterator[Pack]:
    try:
        with path.open("rb") as file:
            # Looked at by the same function that zipfile itself goes by, before it reads the table.
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
            if not end:
                raise Unreadable("office_unreadable")
            if end[5] > MOST_DIRECTORY or end[4] > MOST_ENTRIES:
                raise Unreadable("bomb")
            with zipfile.ZipFile(file) as packed:
                if len(packed.infolist()) > MOST_ENTRIES:
                    raise Unreadable("bomb")
                yield Pack(packed)
    except (DefusedXmlException, ParseError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as problem:
        raise Unreadable("office_unreadable") from problem
    except MemoryError as problem:
        raise Unreadable("bomb") from problem
    except RuntimeError as problem:
        # So zipfile says that a password is needed.
        raise Unreadable("encrypted" if "password" in str(problem) else "office_unreadable") from problem
    except (OSError, ValueError, KeyError, IndexError, UnicodeError) as problem:
        raise Unreadable("office_unreadable") from problem
