"""Makes a backup: first the database, then the files, so that every file it speaks of was there when it was copied. Everything is
compressed, encrypted and sent as it is read; what the place has already is not read at all.
"""

import dataclasses
import datetime
import hmac
import itertools
import platform
import shutil
import tempfile
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import django
from django.conf import settings
from django.core.files.storage import Storage
from django.db import connection
from django.utils import timezone

from meatlizard.ops.backups import contents, databases, given, index, keys, layout, listing, packing, room
from meatlizard.ops.backups.counts import Counts
from meatlizard.ops.backups.layout import Entry, Head, Manifest, StoredFile, Sums
from meatlizard.ops.backups.listing import Found
from meatlizard.ops.backups.packing import Packed
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.progress import Progress, Tell, silent
from meatlizard.ops.backups.trouble import Damaged, in_words

IN_MEMORY = 8 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """``fresh``: bytes that were stored for it alone. ``new``: files among ``files`` that were not there before. ``vanished``: files that were
    deleted while it was made."""

    id: str
    place: Place
    size: int
    stored: int
    fresh: int
    seconds: float
    files: int
    new: int
    vanished: int
    left_out: int
    encrypted: bool


def take(place: Place, tell: Tell = silent) -> Taken:
    """Writes one set into ``place``. Raises BackupFailed; what came by then is no set, and the next one goes on from it."""
    began = time.monotonic()
    recipients = keys.recipients()
    with in_words("the backup"), room.alone(), room.scratch() as scratch:
        return _Making(place, recipients, scratch, tell).make(began)


def program_version() -> str:
    with (Path(settings.BASE_DIR) / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


@dataclass
class _Making:
    place: Place
    recipients: keys.Recipients
    scratch: Path
    tell: Tell
    id: str = field(default_factory=layout.new_id)
    key: bytes = field(default_factory=keys.of_site)
    readers: str = field(default_factory=keys.mark_of_recipients)
    parts: dict[str, Packed] = field(default_factory=dict)
    size: int = 0
    stored: int = 0
    fresh: int = 0
    files: int = 0
    new: int = 0
    left_out: int = 0
    vanished: list[str] = field(default_factory=list)

    def make(self, began: float) -> Taken:
        made = timezone.now()
        # Old enough that no other machine is still at it.
        self.place.tidy(made - datetime.timedelta(days=1))
        kind = databases.present()
        with kind.copying(connection.settings_dict, self.scratch) as copying:
            wanted = self._wanted()
            progress = Progress(copying.size + sum(found.size for found in wanted), self.tell)
            self._part(layout.DATABASE, copying.source, self.recipients, progress.more)
            progress.reached(copying.size)
        counts, versions = copying.counts, {**_versions(), connection.vendor: copying.version}
        self._files(wanted, progress)
        self._manifest(counts, versions)
        fresh = self.fresh + sum(part.stored for part in self.parts.values())
        head = Head(
            id=self.id, made=made.isoformat(), program=versions["meatlizard"], database=cast("layout.Vendor", connection.vendor),
            encrypted=bool(self.recipients), files=self.files, size=self.size + self.parts[layout.DATABASE].size,
            stored=self.stored + sum(part.stored for part in self.parts.values()), fresh=fresh,
            seconds=round(time.monotonic() - began, 1),
            parts={name: Sums(**dataclasses.asdict(part)) for name, part in self.parts.items()},
        ).sealed(self.key)  # fmt: skip
        # Nothing that the head speaks of may be lost in a power cut that the head survives.
        self.place.settle()
        with self.place.writing(self._at(layout.HEAD)) as out:
            out.write(head.text())
        self.place.settle()
        return Taken(self.id, self.place, head.size, head.stored, head.fresh, head.seconds, self.files, self.new, len(self.vanished),
                     self.left_out, head.encrypted)  # fmt: skip

    def _wanted(self) -> list[Found]:
        leave = contents.made_anew() if not settings.BACKUP_VIDEO_PARTS else lambda _name: False
        found = []
        for one in listing.everything():
            if leave(one.name):
                self.left_out += 1
            else:
                found.append(one)
        return found

    def _files(self, wanted: list[Found], progress: Progress) -> None:
        known = index.known(self.place, self.key)
        marked = {one.name.rpartition("/")[2] for one in self.place.names(layout.MARKS)}
        writer = index.Writer(self.place, self.id)
        written = set[str]()
        with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(self.scratch)) as lines:
            for found in wanted:
                name = self._object(found, known)
                entry = known.whole.get(name) or self._sent(found, name, progress.more)
                progress.passed(found.size)
                if entry is None:
                    self.vanished.append(found.name)
                    continue
                if name in marked:
                    self.place.delete(f"{layout.MARKS}{name}")
                self.files += 1
                self.size += entry.size
                lines.write(f"{StoredFile(name=found.name, object=name).model_dump_json()}\n".encode())
                if name not in written:
                    written.add(name)
                    self.stored += entry.stored if entry.since != self.id else 0
                    writer.add(entry)
            writer.write()
            self.stored += self.fresh
            self.parts.update(writer.parts)
            lines.seek(0)
            self._part(layout.FILES, cast(packing.Readable, lines), self.recipients)

    def _object(self, found: Found, known: index.Known) -> str:
        """The same for the same file as long as its content and who may read it cannot have changed, and telling nobody its name.

        Encrypted again it would be other bytes than those whose sums other sets have: what they speak of is not written over, damaged or not.
        """
        when = "" if contents.never_changes(found.name) else found.changed.isoformat()
        for turn in itertools.count():
            said = [found.name, str(found.size), when, *([self.readers, str(turn)] if self.readers else [])]
            name = hmac.new(self.key, "\0".join(said).encode("utf-8", "surrogateescape"), "sha256").hexdigest()
            if name in known.whole or name not in known.spoken or not self.readers:
                break
        return name

    def _sent(self, found: Found, name: str, tell: Callable[[int], None]) -> Entry | None:
        """None when it is gone."""
        try:
            layout.safe_name(found.name)
            source = _opened(found)
        except (FileNotFoundError, Damaged):
            return None
        with source, self.place.writing(layout.stored_at(name)) as out:
            packed = packing.pack(source, out, self.key, self.recipients, tell)
        self.new += 1
        self.fresh += packed.stored
        return Entry(object=name, since=self.id, **dataclasses.asdict(packed))

    def _manifest(self, counts: Counts, versions: dict[str, str]) -> None:
        manifest = Manifest(
            id=self.id, versions=versions, settings=given.plain(), database=cast("layout.Vendor", connection.vendor),
            migrations=counts.migrations, rows=counts.rows, sums=counts.sums, key=self.key.hex(), vanished=self.vanished,
            left_out=self.left_out,
        )  # fmt: skip
        text = self.scratch / layout.MANIFEST
        text.write_text(manifest.model_dump_json(indent=1))
        with text.open("rb") as source:
            self._part(layout.MANIFEST, source, self.recipients)

    def _part(
        self,
        name: str,
        source: packing.Readable,
        recipients: keys.Recipients,
        tell: Callable[[int], None] | None = None,
    ) -> None:
        with self.place.writing(self._at(name)) as out:
            self.parts[name] = packing.pack(source, out, self.key, recipients, tell)

    def _at(self, name: str) -> str:
        return f"{layout.SETS}{self.id}/{name}"


def _opened(found: Found) -> IO[bytes]:
    """Raises FileNotFoundError."""
    storages: list[Storage] = [found.storage, *listing.others_than(found.name)]
    for storage in storages:
        with suppress(FileNotFoundError):
            return cast(IO[bytes], storage.open(found.name))
    raise FileNotFoundError(found.name)


def _versions() -> dict[str, str]:
    found = {"meatlizard": program_version(), "python": platform.python_version(), "django": django.get_version()}
    return {**found, "ffmpeg": "there" if shutil.which("ffmpeg") else "none"}
