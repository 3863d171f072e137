"""A backup that is being read, whichever format it has."""

import hmac
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from meatlizard.ops.backups import index, keys, layout, packing
from meatlizard.ops.backups.counts import Counts
from meatlizard.ops.backups.keys import Identities
from meatlizard.ops.backups.layout import Entry, Head, Manifest, StoredFile
from meatlizard.ops.backups.packing import CHUNK, Readable, Writable
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.progress import Progress, Tell, silent
from meatlizard.ops.backups.trouble import BackupFailed, Damaged


@dataclass(frozen=True, slots=True)
class About:
    """What an operator is told before it is brought back. ``own``: whether this site's SECRET_KEY has made it; None where none can tell."""

    name: str
    made: str
    program: str
    vendor: str
    files: int
    size: int
    left_out: int
    own: bool | None
    settings: dict[str, str]
    versions: dict[str, str]


class Opened(Protocol):
    """All raise BackupFailed, and Damaged for what is not as it was written."""

    def about(self) -> About: ...

    def counts(self) -> Counts: ...

    def check(self, tell: Tell = silent, whole: bool = True) -> None:
        """Every byte that lies there; not ``whole``: of files only those that came with this set, and of others that they are there."""

    def database(self, to: Path) -> None:
        """Into a file that is not there yet."""

    def files(self) -> Iterator[str]:
        """Names in the storage."""

    def content(self, name: str, sink: Writable) -> None: ...

    def same(self, name: str, present: Readable) -> bool:
        """Whether what is read is what the backup has under this name."""


class Set:
    """One in a place. ``identities``: who reads it; needed for what is encrypted alone, and for nothing that :meth:`check` does."""

    def __init__(self, place: Place, set_id: str, identities: Identities) -> None:
        self.place, self._identities = place, identities
        self.head: Head = index.head_of(place, set_id)

    @cached_property
    def entries(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for name in self.head.index():
            for entry in index.entries(self.place, self.head.id, name, self.head.parts[name]):
                found[entry.object] = entry
        return found

    @cached_property
    def manifest(self) -> Manifest:
        text = self._text(layout.MANIFEST)
        try:
            manifest = Manifest.model_validate_json(text)
        except ValidationError as error:
            raise Damaged("The manifest of the backup cannot be read.") from error
        if (manifest.id, manifest.database) != (self.head.id, self.head.database):
            raise Damaged("The manifest is that of another backup.")
        return manifest

    @cached_property
    def _stored(self) -> dict[str, Entry]:
        """By name."""
        found = {}
        for line in layout.lines(iter(self._text(layout.FILES).splitlines()), StoredFile):
            if line.object not in self.entries:
                raise Damaged("A file of the backup is in no list of it.")
            found[layout.safe_name(line.name)] = self.entries[line.object]
        if len(found) != self.head.files:
            raise Damaged("The backup has not as many files as it says.")
        return found

    def about(self) -> About:
        head, manifest = self.head, self.manifest
        return About(head.id, head.made, head.program, head.database, head.files, head.size, manifest.left_out, head.of_site(keys.of_site()),
                     manifest.settings, manifest.versions)  # fmt: skip

    def counts(self) -> Counts:
        return Counts(self.manifest.rows, self.manifest.migrations, self.manifest.sums)

    def check(self, tell: Tell = silent, whole: bool = True) -> None:
        lying = {one.name: one.size for one in self.place.names(layout.OBJECTS)}
        wanted = list(self.entries.values())
        read = [entry for entry in wanted if whole or entry.since == self.head.id]
        progress = Progress(sum(one.stored for one in (*self.head.parts.values(), *read)), tell)
        for name, part in self.head.parts.items():
            with self._reading(self._at(name)) as source:
                packing.check(source, part.packed())
            progress.passed(part.stored)
        for entry in wanted:
            if lying.get(layout.stored_at(entry.object)) != entry.stored:
                self._mark(entry)
                raise Damaged("A file of the backup is missing, or has another length than it had.")
        for entry in read:
            with self._reading(layout.stored_at(entry.object)) as source:
                try:
                    packing.check(source, entry.packed())
                except Damaged:
                    self._mark(entry)
                    raise
            progress.passed(entry.stored)

    def database(self, to: Path) -> None:
        with to.open("xb") as out:
            self._unpacked(layout.DATABASE, out, bytes.fromhex(self.manifest.key))

    def files(self) -> Iterator[str]:
        yield from self._stored

    def content(self, name: str, sink: Writable) -> None:
        entry = self._stored[name]
        with self._reading(layout.stored_at(entry.object)) as source:
            packing.unpack(source, sink, entry.packed(), bytes.fromhex(self.manifest.key), self._readers())

    def same(self, name: str, present: Readable) -> bool:
        mac = hmac.new(bytes.fromhex(self.manifest.key), digestmod="sha256")
        while data := present.read(CHUNK):
            mac.update(data)
        return hmac.compare_digest(mac.hexdigest(), self._stored[name].mac)

    def _mark(self, entry: Entry) -> None:
        """The next backup sends it again."""
        with self.place.writing(f"{layout.MARKS}{entry.object}"):
            pass

    def _text(self, part: str) -> bytes:
        most = max(layout.MAX_JSON, self.head.files * layout.MAX_LINE if part == layout.FILES else 0)
        if self.head.parts[part].size > most:
            raise Damaged("A list of the backup is longer than one can be.")
        out = io.BytesIO()
        self._unpacked(part, out, None)
        return out.getvalue()

    def _unpacked(self, part: str, sink: Writable, key: bytes | None) -> None:
        with self._reading(self._at(part)) as source:
            packing.unpack(source, sink, self.head.parts[part].packed(), key, self._readers())

    def _readers(self) -> Identities | None:
        if not self.head.encrypted:
            return None
        if not self._identities:
            raise BackupFailed(
                "This backup is encrypted: give --identity with the file of somebody who may read it.",
                code="no_identity",
            )
        return self._identities

    @contextmanager
    def _reading(self, name: str) -> Iterator[Any]:
        try:
            with self.place.reading(name) as source:
                yield source
        except FileNotFoundError as error:
            raise Damaged("A part of the backup is missing.") from error

    def _at(self, name: str) -> str:
        return f"{layout.SETS}{self.head.id}/{name}"
