"""Which objects a set has, written down in parts while they come: what a killed backup has stored is known to the next one."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from meatlizard.ops.backups import layout, packing
from meatlizard.ops.backups.layout import Entry, Head, Sums
from meatlizard.ops.backups.packing import Packed
from meatlizard.ops.backups.places import Place
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

ENTRIES = 5_000
FRESH_BYTES = 256 << 20
SECONDS = 60.0
"""What a killed backup may have to send again: so many bytes, or so many seconds' worth."""


@dataclass
class Writer:
    place: Place
    set_id: str
    parts: dict[str, Packed] = field(default_factory=dict)
    _waiting: list[Entry] = field(default_factory=list)
    _bytes: int = 0
    _since: float = field(default_factory=time.monotonic)

    def add(self, entry: Entry) -> None:
        self._waiting.append(entry)
        fresh = entry.since == self.set_id
        self._bytes += entry.stored if fresh else 0
        late = fresh and time.monotonic() - self._since > SECONDS
        if len(self._waiting) >= ENTRIES or self._bytes >= FRESH_BYTES or late:
            self.write()

    def write(self) -> None:
        text = "".join(f"{entry.model_dump_json()}\n" for entry in self._waiting).encode()
        name = f"index-{len(self.parts) + 1:04}"
        with self.place.writing(f"{layout.SETS}{self.set_id}/{name}") as out:
            self.parts[name] = packing.pack(io.BytesIO(text), out, b"", [])
        self._waiting.clear()
        self._bytes, self._since = 0, time.monotonic()


def entries(place: Place, set_id: str, name: str, expected: Sums) -> Iterator[Entry]:
    """Raises Damaged."""
    with place.reading(f"{layout.SETS}{set_id}/{name}") as source:
        out = io.BytesIO()
        if expected.size > layout.MAX_JSON:
            raise Damaged("A list of the backup is longer than one can be.")
        packing.unpack(source, out, expected.packed(), b"", None)
    yield from layout.lines(iter(out.getvalue().splitlines()), Entry)


@dataclass(frozen=True, slots=True)
class Known:
    """``whole``: objects that are there as their sets say. ``spoken``: all that any set speaks of, damaged ones as well."""

    whole: dict[str, Entry]
    spoken: set[str]


def known(place: Place, key: bytes) -> Known:
    """What the sets say, the newest first, and whatever was begun since. What is damaged or looks otherwise than it should is not among what is
    whole, and comes anew."""
    lying = {one.name.rpartition("/")[2]: one.size for one in place.names(layout.OBJECTS)}
    marked = {one.name.rpartition("/")[2] for one in place.names(layout.MARKS)}
    found = Known({}, set())
    for entry in _said(place, key):
        found.spoken.add(entry.object)
        if lying.get(entry.object) == entry.stored and entry.object not in marked:
            found.whole.setdefault(entry.object, entry)
    return found


def _said(place: Place, key: bytes) -> Iterator[Entry]:
    names: dict[str, set[str]] = {}
    for one in place.names(layout.SETS):
        _sets, set_id, part = one.name.split("/", 2)
        names.setdefault(set_id, set()).add(part)
    for set_id in sorted(names, reverse=True):
        if not layout.SET_ID.fullmatch(set_id):
            continue
        ended = layout.HEAD in names[set_id]
        try:
            yield from _of_set(place, set_id, key) if ended else _of_begun(place, set_id, names[set_id])
        except (BackupFailed, OSError):
            # A damaged list costs no more than that files are sent again.
            continue


def _of_set(place: Place, set_id: str, key: bytes) -> Iterator[Entry]:
    head = head_of(place, set_id)
    if not head.of_site(key):
        return
    for name in head.index():
        yield from entries(place, set_id, name, head.parts[name])


def _of_begun(place: Place, set_id: str, parts: set[str]) -> Iterator[Entry]:
    for name in sorted(part for part in parts if part.startswith("index-")):
        yield from lines_of(place, set_id, name)


def lines_of(place: Place, set_id: str, name: str) -> Iterator[Entry]:
    """Nothing needs to be sealed yet: every line has the sums of its object, and zstd those of the lines. Raises Damaged."""
    with place.reading(f"{layout.SETS}{set_id}/{name}") as source:
        text = packing.decompressed(source, layout.MAX_JSON)
    yield from layout.lines(iter(text.splitlines()), Entry)


def head_of(place: Place, set_id: str) -> Head:
    """Raises FileNotFoundError for a set that is not there or was not ended, and Damaged."""
    with place.reading(f"{layout.SETS}{set_id}/{layout.HEAD}") as source:
        data = source.read(layout.MAX_JSON)
    return layout.read_head(data, set_id)
