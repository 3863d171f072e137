"""Blocks of running answers as HTML. CPU-bound: for a thread."""

from collections.abc import Sequence
from uuid import UUID

from chat.formatting.events import Block, BlocksRendered
from chat.messages import rendered
from meatlizard.markup.blocks import Blocks

LONGEST = 100_000
"""Code points of an answer that are rendered for a page which opens in the middle; a longer one is shown as text until it ends."""


def render(conversation: UUID, generation: UUID, offset: int, sources: Sequence[str]) -> BlocksRendered:
    """``sources``, of which the first begins at ``offset``, as news."""
    blocks = []
    end = offset
    for source in sources:
        # The start keeps the ids of one block's footnotes apart from another's.
        html = rendered(source, generation, str(end))
        end += len(source)
        blocks.append(Block(end=end, html=html))
    return BlocksRendered(conversation=conversation, generation=generation, offset=offset, blocks=tuple(blocks))


def so_far(conversation: UUID, generation: UUID, text: str, thinking: int) -> BlocksRendered | None:
    """What is over of a running answer, whose first ``thinking`` code points are thinking; None when nothing is."""
    if len(text) - thinking > LONGEST:
        return None
    sources = Blocks().feed(text[thinking:])
    return render(conversation, generation, thinking, sources) if sources else None
