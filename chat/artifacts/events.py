"""News of files, as pages get them."""

from typing import Literal
from uuid import UUID

from chat.schema import Schema


class ArtifactsChanged(Schema):
    """Files of the conversation came, changed or went; the page reads their list anew. ``message``: the answer that they came with, if it
    was one. ``full``: its owner's storage took no more, so that not all were kept."""

    type: Literal["artifacts.changed"] = "artifacts.changed"
    conversation: UUID
    message: UUID | None = None
    full: bool = False
