"""Bounds on what is unpacked: found out from tables of contents and from headers, before anything is unpacked. Pure.

What a file says of itself is not believed further than it has to be: an archive's announced sizes refuse it early, and
:class:`Unpacked` counts what really comes out.
"""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final, cast

from PIL import Image, UnidentifiedImageError


class Bomb(Exception):
    """Would unpack to more than is allowed. ``args[0]``: ``entries``, ``size``, ``ratio``, ``depth``, ``directory``, ``overlap``,
    ``pixels`` or ``frames``."""


class Broken(Exception):
    """Cannot be read as what it claims to be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``ratio``: unpacked to packed, of a member of more than ``free`` bytes. ``directory``: bytes of a table of contents."""

    entries: int = 20_000
    size: int = 4_000_000_000
    ratio: int = 200
    free: int = 1_000_000
    directory: int = 8_000_000
    depth: int = 32
    pixels: int = 100_000_000
    frames: int = 2_000


LIMITS: Final = Limits()


class Unpacked:
    """Counts what comes out of an archive or a compressed stream; raises Bomb beyond ``limits.size``, or at more than ``limits.ratio`` times ``packed``."""

    def __init__(self, packed: int, limits: Limits = LIMITS) -> None:
        self._most = limits.size
        self._by_ratio = max(limits.free, packed * limits.ratio)
        self.total = 0

    def take(self, size: int) -> None:
        self.total += size
        if self.total > self._most:
            raise Bomb("size")
        if self.total > self._by_ratio:
            raise Bomb("ratio")

    def reading(self, file: IO[bytes], piece: int = 65_536) -> Iterator[bytes]:
        """What is in ``file``, counted as it comes."""
        while data := file.read(piece):
            self.take(len(data))
            yield data


@contextmanager
def zip_file(file: IO[bytes], limits: Limits = LIMITS) -> Iterator[zipfile.ZipFile]:
    """An archive whose table of contents is within ``limits``; nothing of it was unpacked. Raises Bomb or Broken."""
    try:
        # Looked at by the same function that zipfile itself goes by, before it reads the table into memory.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
        if not end:
            raise Broken("no table of contents")
        if end[5] > limits.directory:
            raise Bomb("directory")
        if end[4] > limits.entries:
            raise Bomb("entries")
        with zipfile.ZipFile(file) as archive:
            check_zip(archive, limits)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error) as problem:
        raise Broken(str(problem)) from problem
    except (ValueError, IndexError, UnicodeError, OverflowError) as problem:
        raise Broken("unreadable") from problem


def check_zip(archive: zipfile.ZipFile, limits: Limits = LIMITS) -> None:
    members = archive.infolist()
    if len(members) > limits.entries:
        raise Bomb("entries")
    total = 0
    for one in members:
        total += one.file_size
        _check_member(one.filename, one.file_size, one.compress_size, limits)
    if total > limits.size:
        raise Bomb("size")
    # Members that share their bytes (Fifield's bomb) are packed into more than the file has.
    end = 0
    for one in sorted(members, key=lambda one: one.header_offset):
        if one.header_offset < end:
            raise Bomb("overlap")
        end = one.header_offset + one.compress_size


def _check_member(name: str, size: int, packed: int, limits: Limits) -> None:
    if size > limits.free and size > limits.ratio * max(1, packed):
        raise Bomb("ratio")
    if name.count("/") > limits.depth:
        raise Bomb("depth")


@contextmanager
def tar_file(file: IO[bytes], packed: int, limits: Limits = LIMITS) -> Iterator[Iterator[tarfile.TarInfo]]:
    """The members of a plain, gzip, bzip2 or xz archive of ``packed`` bytes, one after another and within ``limits``; contents are passed over.

    To pass over them is to unpack them, so what is unpacked is counted. Raises Bomb or Broken, also while members are read.
    """
    counted = _Counted(_inflated(file), Unpacked(packed, limits))
    try:
        with tarfile.open(fileobj=io.BufferedReader(counted), mode="r|") as archive:
            yield _members(archive, limits)
    except tarfile.TarError as problem:
        raise Broken(str(problem)) from problem
    except (zlib.error, EOFError, ValueError, OSError, struct.error) as problem:
        raise Broken("unreadable") from problem


def _members(archive: tarfile.TarFile, limits: Limits) -> Iterator[tarfile.TarInfo]:
    total = 0
    for count, one in enumerate(archive, 1):
        if count > limits.entries:
            raise Bomb("entries")
        total += one.size
        if total > limits.size:
            raise Bomb("size")
        _check_member(one.name, 0, 0, limits)
        # It would keep every member in memory.
        archive.members = []  # type: ignore[attr-defined]
        yield one


def _inflated(file: IO[bytes]) -> IO[bytes]:
    begin = file.read(6)
    file.seek(0)
    if begin.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if begin.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if begin.startswith(b"\xfd7zXZ\0"):
        # Not xz's memory for whatever dictionary the file names.
        return cast(IO[bytes], _Xz(file, lzma.LZMADecompressor(memlimit=128_000_000)))
    return file


class _Xz(io.RawIOBase):
    """``lzma.LZMAFile`` knows no bound of memory."""

    def __init__(self, file: IO[bytes], machine: lzma.LZMADecompressor) -> None:
        self._file, self._machine = file, machine

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        machine = self._machine
        try:
            while not machine.eof:
                packed = self._file.read(65_536) if machine.needs_input else b""
                if data := machine.decompress(packed, size):
                    return data
                if not packed and machine.needs_input:
                    raise EOFError("cut off")
        except lzma.LZMAError as problem:
            raise Broken(str(problem)) from problem
        return b""


class _Counted(io.RawIOBase):
    def __init__(self, file: IO[bytes], counter: Unpacked) -> None:
        self._file, self._counter = file, counter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        self._counter.take(len(data))
        buffer[: len(data)] = data
        return len(data)


@dataclass(frozen=True, slots=True)
class Picture:
    format: str
    width: int
    height: int
    frames: int


def picture(file: IO[bytes], formats: tuple[str, ...] | None = None, limits: Limits = LIMITS) -> Picture:
    """What an image's header says; no pixel is decoded. ``formats``: the only ones tried, as Pillow names them. Raises Bomb or Broken."""
    try:
        with warnings.catch_warnings():
            # Pillow's own bound is ours here, and lower than its error.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=formats) as image:
                width, height = image.size
                if width * height > limits.pixels:
                    raise Bomb("pixels")
                # Walking to a frame reads what is before it: each is a few bytes of a file whose size is known.
                frames = _frames(image, limits)
                return Picture(str(image.format), width, height, frames)
    except Image.DecompressionBombError as problem:
        raise Bomb("pixels") from problem
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        struct.error,
        IndexError,
        KeyError,
    ) as problem:
        raise Broken("unreadable") from problem
    except (MemoryError, OverflowError) as problem:
        raise Bomb("pixels") from problem


def _frames(image: Image.Image, limits: Limits) -> int:
    frames = int(getattr(image, "n_frames", 1))
    if frames > limits.frames or frames * image.width * image.height > limits.pixels * 20:
        raise Bomb("frames")
    return frames
