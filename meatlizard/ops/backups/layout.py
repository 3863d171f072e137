"""What a backup consists of, and how it is written down: ``docs/BACKUPS.md`` tells it for whoever has no more than age and zstd.

::

    sets/<id>/database, manifest, files   packed (see ``packing``), and encrypted where there are recipients
    sets/<id>/index-0001 ...              packed and never encrypted: which objects hold the files, by keyed names, and their sums
    sets/<id>/set.json                    written last: sums of all the above, sealed. Without it there is no set.
    sets/<id>/verified.json               when it was found good, if it was
    files/<2>/<64 hex digits>             one content each, shared by all sets that have it
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal, TypeAlias

from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meatlizard.ops.backups.packing import Packed
from meatlizard.ops.backups.trouble import BackupFailed, Damaged

FORMAT = 2
SETS, OBJECTS, MARKS = "sets/", "files/", "damaged/"
HEAD, VERIFIED, MANIFEST, DATABASE, FILES = "set.json", "verified.json", "manifest", "database", "files"
MAX_JSON = 64 << 20
"""Bytes of a document that is read whole: some hundred times what a large site's has."""

MAX_LINE = 8 << 10
"""Bytes that the list of files may have for each: a name of the longest, every letter of it escaped."""

SET_ID = re.compile(r"\d{8}-\d{6}-\d{6}")
PART = re.compile(r"manifest|database|files|index-\d{4}")
HEX = r"^[0-9a-f]{64}$"


Vendor: TypeAlias = Literal["sqlite", "postgresql"]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Spoken(BaseModel):
    """All that is asked of a head of another format."""

    model_config = ConfigDict(strict=True)

    format: int


class Sums(Strict):
    """See :class:`meatlizard.ops.backups.packing.Packed`."""

    size: int = Field(ge=0)
    mac: str = Field(pattern=HEX)
    stored: int = Field(ge=0)
    sha256: str = Field(pattern=HEX)

    def packed(self) -> Packed:
        return Packed(self.size, self.mac, self.stored, self.sha256)


class Entry(Sums):
    """A line of the index: an object, and the set with which it came."""

    object: str = Field(pattern=HEX)
    since: str = Field(pattern=f"^{SET_ID.pattern}$")


class StoredFile(Strict):
    """A line of ``files``: a file of the site's storage, and the object that holds it."""

    name: str = Field(min_length=1, max_length=1_024)
    object: str = Field(pattern=HEX)


class Head(Strict):
    """``set.json``: all that can be known without an identity. ``fresh``: bytes that were stored for it alone. ``site``: known to whoever has
    the SECRET_KEY of the site that made it. ``seal``: tells damage."""

    format: Literal[2] = 2
    id: str = Field(pattern=f"^{SET_ID.pattern}$")
    made: str
    program: str
    database: Vendor
    encrypted: bool
    files: int
    size: int
    stored: int
    fresh: int
    seconds: float
    parts: dict[str, Sums]
    site: str = ""
    seal: str = ""

    def index(self) -> list[str]:
        return sorted(name for name in self.parts if name.startswith("index-"))

    def sealed(self, key: bytes) -> "Head":
        site = hmac.new(key, _canonical(self), digestmod="sha256").hexdigest()
        bare = self.model_copy(update={"site": site, "seal": ""})
        return bare.model_copy(update={"seal": hashlib.sha256(_canonical(bare, "seal")).hexdigest()})

    def of_site(self, key: bytes) -> bool:
        """Whether the site with this key has made it."""
        return hmac.compare_digest(hmac.new(key, _canonical(self), digestmod="sha256").hexdigest(), self.site)

    def text(self) -> bytes:
        return json.dumps(self.model_dump(), indent=1).encode()


class Manifest(Strict):
    """What the database is to have, and what made it. ``key``: that of the macs. ``left_out``: files that the site can make anew."""

    format: Literal[2] = 2
    id: str
    versions: dict[str, str]
    settings: dict[str, str]
    database: Vendor
    migrations: list[str]
    rows: dict[str, int]
    sums: dict[str, str]
    key: str = Field(pattern=HEX)
    vanished: list[str]
    left_out: int


class Verified(Strict):
    """``deep``: the database was restored on trial; otherwise only bytes were compared. ``whole``: all files, not only those new in it."""

    when: str
    deep: bool
    whole: bool
    words: str = ""


def new_id() -> str:
    return f"{timezone.now():%Y%m%d-%H%M%S-%f}"


def when(set_id: str) -> datetime:
    """A set was begun then, as its name says."""
    return datetime.strptime(set_id, "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)


def read_head(data: bytes, set_id: str) -> Head:
    """Raises Damaged when one byte is not as it was written."""
    try:
        head = Head.model_validate_json(data)
    except ValidationError as error:
        raise _refused(data) from error
    bare = head.model_copy(update={"seal": ""})
    seal = hashlib.sha256(_canonical(bare, "seal")).hexdigest()
    if not hmac.compare_digest(seal, head.seal) or head.text() != data or head.id != set_id:
        raise Damaged("The head of the backup is damaged: it is not what was written.")
    strange = [name for name in head.parts if not PART.fullmatch(name)]
    if strange or {MANIFEST, DATABASE, FILES} - head.parts.keys():
        raise Damaged("The backup has not the parts that one has.")
    return head


def lines(text: Iterator[bytes], kind: type[Strict]) -> Iterator[Any]:
    for line in text:
        try:
            yield kind.model_validate_json(line)
        except ValidationError as error:
            raise Damaged("A list of the backup cannot be read.") from error


def stored_at(key: str) -> str:
    return f"{OBJECTS}{key[:2]}/{key}"


def safe_name(name: str) -> str:
    """A name within the storage, whoever wrote the backup. Raises Damaged."""
    path = PurePosixPath(name)
    if (
        path.is_absolute()
        or ".." in path.parts
        or str(path) != name
        or name == "."
        or re.search(r"[\\\x00-\x1f]", name)
    ):
        raise Damaged("The backup names a file that lies outside of the storage.")
    return name


def _canonical(head: Head, *without: str) -> bytes:
    plain = head.model_dump(exclude={*(without or ("site", "seal"))})
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def _refused(data: bytes) -> BackupFailed:
    try:
        given = Spoken.model_validate_json(data).format
    except ValidationError:
        given = FORMAT
    if given > FORMAT:
        return BackupFailed(f"This backup has format {given}; this program reads up to {FORMAT}.")
    return Damaged("The head of the backup is damaged: it cannot be read.")
