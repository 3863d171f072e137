"""Writes what versions before this one wrote: a tar closed by a seal."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from django.db import connection

from meatlizard.ops.backups import databases, listing
from meatlizard.ops.backups.tar_sets import DATABASES, FILES, FORMAT, MANIFEST, SEAL, Part, _member


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


def written(path: Path, scratch: Path, **about: Any) -> Path:
    """The site as it is."""
    settings, vendor = connection.settings_dict, connection.vendor
    with databases.present().copying(settings, scratch) as copying, path.open("wb") as out, writing(out) as writer:
        data = copying.source.read()
        writer.add(DATABASES[vendor], io.BytesIO(data))
        for found in listing.everything():
            writer.add(f"{FILES}{found.name}", found.storage.open(found.name))
        counts = copying.counts
        writer.close({"program": "0.9", "made": "2026-01-02T03:04:05+00:00", "database": vendor, "migrations": counts.migrations,
                      "rows": counts.rows, "vanished": [], **about})  # fmt: skip
    return path
