"""The file of a backup: a tar of the database, the stored files and a manifest, closed by a seal.

The seal is the last member and holds the SHA-256 of every byte before it. It stands at a place that follows from the length of the file
alone, so that a damaged file is known for one before anything in it is understood.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from meatlizard.ops.backups.trouble import BackupFailed, Damaged

FORMAT = 1
MANIFEST, SEAL, FILES = "manifest.json", "SEAL", "files/"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    size: int
    sha256: str


class Sealing:
    """A file that hashes what is written to it."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._sha, self._length = out, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self._out.write(data)
        self._sha.update(data)
        self._length += len(data)
        return len(data)

    def tell(self) -> int:
        return self._length

    def hexdigest(self) -> str:
        return self._sha.hexdigest()


@dataclass
class Writer:
    """Members go in one after the other; the manifest ends the set."""

    tar: tarfile.TarFile
    sealing: Sealing
    parts: list[Part] = field(default_factory=list)

    def add(self, name: str, source: IO[bytes]) -> None:
        """All of ``source``, whose length must not change meanwhile."""
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        hashed = _Hashed(source)
        self.tar.addfile(_member(name, size), cast(IO[bytes], hashed))
        self.parts.append(Part(name, size, hashed.sha.hexdigest()))

    def close(self, about: dict[str, Any]) -> None:
        parts = [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in self.parts]
        text = json.dumps({"format": FORMAT, **about, "parts": parts}, indent=1).encode()
        self.tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
        seal = self.sealing.hexdigest().encode()
        self.tar.addfile(_member(SEAL, len(seal)), io.BytesIO(seal))


class _Hashed:
    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.sha = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.sha.update(data)
        return data


@contextmanager
def writing(out: IO[bytes]) -> Iterator[Writer]:
    sealing = Sealing(out)
    with tarfile.open(fileobj=cast(IO[bytes], sealing), mode="w", format=tarfile.PAX_FORMAT) as tar:
        yield Writer(tar, sealing)


class Reader:
    """A set whose seal was found whole."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members = {member.name: member for member in tar}
        if MANIFEST not in self._members:
            raise Damaged("This is no backup of a site: it has no manifest.")
        self.manifest: dict[str, Any] = json.loads(self.open(MANIFEST).read())
        if self.manifest["format"] != FORMAT:
            raise BackupFailed(f"This backup has format {self.manifest['format']}; this program reads {FORMAT}.")
        self.parts = [Part(**one) for one in self.manifest["parts"]]

    def open(self, name: str) -> IO[bytes]:
        if name not in self._members:
            raise Damaged("A part that the manifest names is missing.")
        return cast(IO[bytes], self._tar.extractfile(self._members[name]))

    def files(self) -> list[Part]:
        """Those of the storage, by their names there."""
        return [
            Part(one.name.removeprefix(FILES), one.size, one.sha256) for one in self.parts if one.name.startswith(FILES)
        ]

    def check_parts(self) -> None:
        """Each against the manifest. Raises Damaged."""
        for part in self.parts:
            with self.open(part.name) as source:
                if hashlib.file_digest(cast(io.BufferedReader, source), "sha256").hexdigest() != part.sha256:
                    raise Damaged("A part is not what the manifest says.")


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """The set in ``path``. Raises Damaged when one byte of it is not as it was written."""
    with path.open("rb") as file:
        _check_seal(file)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:") as tar:
            yield Reader(tar)


def _check_seal(file: IO[bytes]) -> None:
    whole = file.seek(0, io.SEEK_END)
    start = max(0, whole - tarfile.RECORDSIZE - 2 * tarfile.BLOCKSIZE)
    start += -start % tarfile.BLOCKSIZE
    file.seek(start)
    tail = file.read()
    # The seal's text is the last thing that is not padding; its header is the block before.
    used = len(tail.rstrip(b"\0"))
    place = start + (used - 1) // tarfile.BLOCKSIZE * tarfile.BLOCKSIZE - tarfile.BLOCKSIZE
    if not used or place < 0:
        raise Damaged("This is no backup of a site, or it is damaged.")
    sha = hashlib.sha256()
    file.seek(0)
    left = place
    while left and (data := file.read(min(CHUNK, left))):
        sha.update(data)
        left -= len(data)
    text = sha.hexdigest().encode()
    header = _member(SEAL, len(text)).tobuf(tarfile.PAX_FORMAT)
    expected = header + text.ljust(tarfile.BLOCKSIZE, b"\0")
    length = place + len(expected) + 2 * tarfile.BLOCKSIZE
    length += -length % tarfile.RECORDSIZE
    file.seek(place)
    if length != whole or file.read() != expected.ljust(whole - place, b"\0"):
        raise Damaged("The file is damaged or incomplete: it is not what was written.")


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member
