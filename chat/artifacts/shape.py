"""Files of conversations as pages are told of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chat.artifacts.kinds import View
from chat.schema import Schema


class VersionOut(Schema):
    """``size`` in bytes; ``message`` is the one it came with."""

    number: int
    message: UUID
    size: int
    sha256: str
    origin: Literal["answer", "person", "restored", "tool"]
    created: datetime


class ArtifactOut(Schema):
    """A file on the branch that is shown, its versions there from the oldest on. ``newest`` is the number of the last version on any branch,
    to be sent back with a change. ``expires`` is null for one that is kept."""

    id: UUID
    name: str
    kind: str
    view: View
    newest: int
    expires: datetime | None
    versions: tuple[VersionOut, ...]
