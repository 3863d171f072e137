"""News of ratings, as pages get them."""

from typing import Literal
from uuid import UUID

from chat.schema import Schema


class MessageRated(Schema):
    """Its owner rated an answer, changed the rating, or (``rating`` empty) took it back."""

    type: Literal["message.rated"] = "message.rated"
    conversation: UUID
    message: UUID
    rating: Literal["", "up", "down"]
