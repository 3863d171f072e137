"""What a model reads of a conversation's past, out of what is stored of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic_core import to_json

from chat.context.plan import Plan, Room, Turn, plan
from chat.prompting.layers import Layer, text_version
from inference_client.protocol.vocabulary import ChatMessage

Tree = Mapping[UUID, tuple[UUID | None, str, str, bool, bool]]
"""Parent, role, content, whether it is pinned and whether a checkpoint stands for it, of each message."""

CONTEXT_BYTES = 700_000
"""Of history and stored answer, as JSON, sent to a node at most: with what stands around it, it fits one message of the
wire. The node trims further, by tokens, to its model's window."""

SUMMARY = "Summary of the earlier part of this conversation, whose messages are left out:"
PINNED = "Messages of the earlier part of this conversation that are to be kept in mind:"
SPEAKERS = {"user": "User", "assistant": "Assistant"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model gets to read of ``conversation`` behind the system prompt, and what became of the rest. ``keys`` are those of the
    ``messages``.
    """

    conversation: UUID
    messages: tuple[ChatMessage, ...]
    keys: tuple[UUID, ...]
    plan: Plan

    def after(self, system: str) -> tuple[ChatMessage, ...]:
        """All of it, with its system prompt if it has one."""
        return (ChatMessage(role="system", content=system), *self.messages) if system else self.messages


def path(tree: Tree, end: UUID | None) -> list[Turn]:
    """The turns from the first message down to ``end``."""
    turns = []
    while end is not None:
        parent, role, content, pinned, summed_up = tree[end]
        turns.append(Turn(end, role, content, pinned, summed_up))
        end = parent
    return turns[::-1]


def context(
    conversation: UUID, system: str, turns: Sequence[Turn], summaries: Mapping[UUID, str], room: Room
) -> Reading:
    """The turns, as many of the newest as fit beside the system prompt, the latest of the ``summaries`` (by the last message each
    stands for) and what is pinned.
    """
    summary, replaced = latest(turns, summaries)
    chosen = plan(system, turns, room, summary, replaced)
    messages = tuple(ChatMessage(role=turn.role, content=turn.content) for turn in chosen.turns)
    return Reading(conversation, messages, tuple(turn.key for turn in chosen.turns), chosen)


def latest(turns: Sequence[Turn], summaries: Mapping[UUID, str]) -> tuple[str, int]:
    """The summary that counts on this path, and how many turns it stands for. That of the question itself does not count."""
    for at in range(len(turns) - 2, -1, -1):
        text = summaries.get(turns[at].key)
        if text:
            return text, at + 1
    return "", 0


def memory(chosen: Plan) -> list[Layer]:
    """As layers of the system prompt they outlive whatever the node still has to leave out: it never trims that."""
    parts = [f"{SUMMARY}\n{chosen.summary}"] if chosen.summary else []
    if chosen.pinned:
        said = (f"{SPEAKERS.get(turn.role, turn.role)}: {turn.content}" for turn in chosen.pinned)
        parts.append("\n\n".join([PINNED, *said]))
    return [Layer("memory", text, "memory", text_version(text)) for text in parts]


def room(window: int | None, scale: float, system: str, prefix: str) -> Room:
    """Beside the system prompt and what is stored of the answer."""
    return Room(window, scale, max(1, CONTEXT_BYTES - len(to_json(prefix)) - len(to_json(system))))
