"""What lies in an archive, without unpacking it: names and sizes as the archive states them."""

import bz2
import gzip
import lzma
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from meatlizard.reading.found import Unreadable

MOST_ENTRIES: Final = 2_000
"""That are listed. Of a ZIP file the others are counted."""

MOST_TABLE: Final = 50_000_000
"""Bytes of a ZIP file's table of contents, which is read as a whole."""

MOST_UNPACKED: Final = 1_500_000_000
"""Bytes of a packed tar that are gone through."""

MOST_NAME: Final = 500

_PACKED: Final[tuple[tuple[bytes, Callable[[Any], Any]], ...]] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_DAMAGE: Final = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, KeyError, IndexError, OverflowError, NotImplementedError, RuntimeError)  # fmt: skip


def make(source: Path, out: Path, programs: str = "") -> dict[str, Any]:
    """``{"facts": {"entries": [[name, bytes, flags]], "count", "unpacked", "more"}}``; flags: ``d`` folder, ``l`` link, ``e`` encrypted, ``u`` a
    name that leads out of where it is unpacked, or pretends to be another."""
    try:
        with source.open("rb") as file:
            head = file.read(6)
            file.seek(0)
            entries, count, more = _zip(file) if head.startswith(b"PK") else _tar(file, head)
    except MemoryError:
        raise Unreadable("bomb") from None
    except _DAMAGE as problem:
        raise Unreadable("archive_unreadable") from problem
    unpacked = sum(size for _name, size, _flags in entries)
    return {"facts": {"entries": entries, "count": count, "unpacked": unpacked, "more": more}}


Entries = list[tuple[str, int, str]]


def _zip(file: IO[bytes]) -> tuple[Entries, int, bool]:
    # Looked at by the same function that zipfile itself goes by, before it reads the table.
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if not end:
        raise Unreadable("archive_unreadable")
    if end[5] > MOST_TABLE:
        raise Unreadable("bomb")
    with zipfile.ZipFile(file) as packed:
        infos = packed.infolist()
    entries = [_of_zip(info) for info in infos[:MOST_ENTRIES]]
    return entries, len(infos), len(infos) > MOST_ENTRIES


def _of_zip(info: zipfile.ZipInfo) -> tuple[str, int, str]:
    mode = info.external_attr >> 16
    flags = "d" if info.is_dir() else "l" if mode & 0o170000 == 0o120000 else ""
    # zipfile takes backslashes for what they are on this system, and ends a name at its first NUL.
    return _entry(info.orig_filename, info.file_size, flags + ("e" if info.flag_bits & 1 else ""))


def _tar(file: IO[bytes], head: bytes) -> tuple[Entries, int, bool]:
    stream: Any = next((opener(file) for start, opener in _PACKED if head.startswith(start)), file)
    entries: Entries = []
    counted: Any = _Counted(stream)
    with tarfile.open(fileobj=counted, mode="r|") as packed:
        for member in packed:
            if len(entries) == MOST_ENTRIES:
                return entries, len(entries), True
            flags = "d" if member.isdir() else "l" if member.issym() or member.islnk() else ""
            entries.append(_entry(member.name, member.size, flags))
            # Or the library keeps all of them.
            packed.members = []  # type: ignore[attr-defined]
    return entries, len(entries), False


class _Counted:
    """A stream that ends in a refusal when more comes out of it than anybody would unpack."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._left = stream, MOST_UNPACKED

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable("bomb")
        return data


def _entry(name: str, size: int, flags: str) -> tuple[str, int, str]:
    shown = "".join(_visible(name[:MOST_NAME]))
    return shown, max(0, size), flags + ("u" if _leads_astray(name) or shown != name[:MOST_NAME] else "")


def _leads_astray(name: str) -> bool:
    path = name.replace("\\", "/")
    return path.startswith("/") or ".." in path.split("/") or path[1:2] == ":" or len(name) > MOST_NAME


def _visible(name: str) -> Iterator[str]:
    """What cannot be seen, or turns the direction of writing, by its number."""
    for letter in name:
        hidden = unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        yield f"\\u{ord(letter):04x}" if hidden else letter
