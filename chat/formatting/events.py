"""What pages hear of the blocks of a running answer."""

from typing import Literal
from uuid import UUID

from chat.schema import Schema


class Block(Schema):
    """Safe HTML of the text up to ``end``, from where the block before it ended."""

    end: int
    html: str


class BlocksRendered(Schema):
    """Blocks of a running answer that are over, as they look but for what only its end can tell. The first begins at ``offset``;
    offsets count code points of the generation's text, thinking included. A page that lacks one shows its text.
    """

    type: Literal["generation.blocks"] = "generation.blocks"
    conversation: UUID
    generation: UUID
    offset: int
    blocks: tuple[Block, ...]
