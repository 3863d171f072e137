"""What answers cost the person who asked, in tokens: read anew and written."""

from chat.context import weights
from chat.models import Generation
from inference_client.protocol.vocabulary import Usage
from meatlizard.jobs.lease import State


def cost(row: Generation, text: str, usage: Usage | None) -> int:
    """Of a generation that ended with ``text``, before that is put into its message. A failure is free, and so is what the site knew. Where its node did not count,
    what was written is estimated.
    """
    if row.state == State.FAILED or row.remembered:
        return 0
    return row.spent + counted(usage) if usage is not None else so_far(row, text)


def counted(usage: Usage) -> int:
    """What a node remembered of earlier turns is free."""
    return max(0, usage.prompt_tokens - usage.cached_tokens) + usage.completion_tokens


def so_far(row: Generation, text: str) -> int:
    """What was written, estimated, and what earlier steps cost. What an answer goes on with was paid for when it was written."""
    before = 0
    if row.step:
        before = row.step_from
    elif row.continues and row.message is not None:
        before = len(row.message.thinking) + len(row.message.content)
    return row.spent + written(text[before:])


def written(text: str) -> int:
    """What was written, estimated, where nothing of it was paid for before."""
    return weights.tokens(text)
