"""A database on its way into a backup."""

from dataclasses import dataclass

from meatlizard.ops.backups.counts import Counts
from meatlizard.ops.backups.packing import Readable


@dataclass(frozen=True, slots=True)
class Copying:
    """``size``: about how many bytes will come. ``version``: of the database's own program."""

    source: Readable
    counts: Counts
    size: int
    version: str
