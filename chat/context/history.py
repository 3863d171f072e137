"""What a model reads of a conversation's past: the turns down to the question, as many as fit."""

from uuid import UUID

from pydantic_core import to_json

from inference_client.protocol.vocabulary import ChatMessage

Tree = dict[UUID, tuple[UUID | None, str, str]]
"""Parent, role and content of each message."""

CONTEXT_BYTES = 700_000
"""Of history and stored answer, as JSON, sent to a node at most: with what stands around it, it fits one message of the
wire. The node trims further, by tokens, to its model's window."""


def context(system: str, tree: Tree, question: UUID | None, taken: int) -> tuple[ChatMessage, ...]:
    """The system prompt, then the turns down to ``question``; of what is too much, ``taken`` bytes being used already, the
    newest are kept.
    """
    room = CONTEXT_BYTES - taken - len(to_json(system))
    turns: list[ChatMessage] = []
    at = question
    while at is not None:
        parent, role, content = tree[at]
        room -= len(to_json(content))
        if room < 0 and turns:
            break
        if content:
            turns.append(ChatMessage(role=role, content=content))
        at = parent
    if system:
        turns.append(ChatMessage(role="system", content=system))
    return tuple(reversed(turns))
