"""What a model gets to read of the calls that it made earlier in this very answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from chat.context import weights
from chat.generations import Stored
from chat.models import Generation, ToolCall
from chat.tools import policy, steps
from inference_client.protocol import vocabulary
from inference_client.protocol.vocabulary import ChatMessage

SHARE = 2
"""Results take one part in so many of a window at most: the rest is the conversation's, and the answer's."""

UNKNOWN_WINDOW = 32_000
"""Tokens, where nobody knows how many a model reads."""

CHARACTERS_A_TOKEN = 3
"""Few rather than many: a result that does not fit costs the conversation its beginning."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """``messages`` go behind the question; ``text`` is what was written in the present step already, ``thought`` what was thought in it.
    All of it takes some ``tokens``."""

    messages: tuple[ChatMessage, ...]
    text: str
    thought: str
    tokens: int


def of(row: Generation, so_far: Stored, window: int | None) -> Spoken:
    """Of an answer in a later step, of which ``so_far`` is stored."""
    calls = list(ToolCall.objects.filter(message=row.message_id).order_by("number"))
    answer, begins = so_far.text[so_far.thinking :], 0
    longest = _longest([len(call.result) for call in calls], (window or UNKNOWN_WINDOW) // SHARE * CHARACTERS_A_TOKEN)
    said: list[ChatMessage] = []
    for _, group in groupby(calls, lambda call: (call.generation_id, call.step)):
        made = list(group)
        ends = max(begins, made[0].at)
        said.append(_asking(answer[begins:ends], made))
        said += [_telling(call, longest) for call in made]
        begins = ends
    tokens = sum(
        weights.message(one.content) + sum(weights.tokens(c.arguments) for c in one.tool_calls) for one in said
    )
    return Spoken(tuple(said), so_far.text[row.step_from :], steps.thought(row), tokens)


def _asking(text: str, calls: Sequence[ToolCall]) -> ChatMessage:
    return ChatMessage(
        role="assistant",
        content=text,
        tool_calls=tuple(
            vocabulary.ToolCall(id=call.call, name=call.name, arguments=call.arguments) for call in calls[:64]
        ),
    )


def _telling(call: ToolCall, longest: int) -> ChatMessage:
    text = call.result
    if len(text) > longest:
        text = f"{text[:longest]}\n[cut here: {len(text):,} characters, of which {longest:,} are shown]"
    if call.foreign:
        text = policy.fence(text, call.pk)
    return ChatMessage(role="tool", content=text, tool_call_id=call.call)


def _longest(lengths: list[int], room: int) -> int:
    """How long each may be so that all fit: short ones leave to long ones what they do not need."""
    left = room
    for number, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - number)
        if length > share:
            return share
        left -= length
    return room
