"""Attached files as pages are told of them."""

from typing import Literal
from uuid import UUID

from chat.schema import Schema


class AttachmentOut(Schema):
    """A file that is attached. ``size`` in bytes; ``length`` are the characters of a document's text, and ``cut`` says in words what of it
    was left out; ``source`` is the address it was fetched from.
    """

    id: UUID
    kind: Literal["image", "document"]
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    length: int = 0
    cut: str = ""
    source: str = ""
    stored: bool = True
