"""What versions before 1.0's backups wrote, and this one only reads: a tar of the database, the stored files and a manifest, closed by a seal.

The seal is the last member and holds the SHA-256 of every byte before it. It stands at a place that follows from the length of the file
alone, so that a damaged file is known for one before anything in it is understood.
"""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

from meatlizard.ops.backups import layout, packing
from meatlizard.ops.backups.counts import Counts
from meatlizard.ops.backups.opened import About
from meatlizard.ops.backups.packing import Readable, Writable
from meatlizard.ops.backups.progress import Progress, Tell, silent
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

FORMAT = 1
MANIFEST, SEAL, FILES = "manifest.json", "SEAL", "files/"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    size: int
    sha256: str


class TarSet:
    """See :class:`meatlizard.ops.backups.opened.Opened`. Its seal was found whole."""

    def __init__(self, tar: tarfile.TarFile, name: str, size: int) -> None:
        self._tar, self._name, self._size = tar, name, size
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

    def about(self) -> About:
        kept = self.manifest
        return About(
            self._name, kept["made"], kept["program"], kept["database"], len(self._stored), self._size, 0, None, {}, {}
        )

    def counts(self) -> Counts:
        return Counts(self.manifest["rows"], self.manifest["migrations"])

    def check(self, tell: Tell = silent, whole: bool = True) -> None:
        progress = Progress(self._size, tell)
        for part in self.parts:
            with self.open(part.name) as source:
                if hashlib.file_digest(cast(io.BufferedReader, source), "sha256").hexdigest() != part.sha256:
                    raise Damaged("A part is not what the manifest says.")
            progress.passed(part.size)

    def database(self, to: Path) -> None:
        with self.open(DATABASES[self.manifest["database"]]) as source, to.open("xb") as target:
            shutil.copyfileobj(source, target, CHUNK)

    def files(self) -> Iterator[str]:
        yield from self._stored

    def content(self, name: str, sink: Writable) -> None:
        with self.open(f"{FILES}{name}") as source:
            packing.copy(source, sink)

    def same(self, name: str, present: Readable) -> bool:
        sha = hashlib.sha256()
        while data := present.read(CHUNK):
            sha.update(data)
        return sha.hexdigest() == self._stored[name].sha256

    @cached_property
    def _stored(self) -> dict[str, Part]:
        return {layout.safe_name(one.name.removeprefix(FILES)): one for one in self.parts if one.name.startswith(FILES)}


@contextmanager
def reading(path: Path) -> Iterator[TarSet]:
    """The set in ``path``. Raises Damaged when one byte of it is not as it was written."""
    with path.open("rb") as file:
        _check_seal(file)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:") as tar:
            yield TarSet(tar, path.name, path.stat().st_size)


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
