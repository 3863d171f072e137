"""From a conversation to the tokens a model reads: chat template, special tokens, and what to leave out when full."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from inference_client.engines.base import EngineError
from inference_client.protocol.vocabulary import ChatMessage

BREAK: Final = "\ufdd0"
"""A code point that is no character and so stands in no honest text. It marks where a token must not be recognised."""

CHATML: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""For a file without a template, as llama.cpp does."""

ANSWER_TOKENS: Final = 512
"""Room kept for the answer, but never above a quarter of the context."""

Turns = Sequence[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Prompt:
    """``tokens`` to read before the answer, its prefix among them; ``prefix_tokens`` of them are the prefix.

    ``trimmed``: messages left out.
    """

    tokens: list[int]
    prefix_tokens: int
    trimmed: int


class PromptWriter:
    """``render`` fills the chat template; ``tokenize(text, special)`` knows control tokens if ``special``."""

    def __init__(
        self,
        render: Callable[[Turns], str],
        tokenize: Callable[[str, bool], list[int]],
        *,
        control_tokens: Iterable[str],
        bos: int | None,
        context: int,
    ) -> None:
        self._render = render
        self._tokenize = tokenize
        # The longest first, so that a token that begins like another is found whole.
        control = sorted((text for text in control_tokens if len(text) > 1), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, control)) or r"(?!)")
        self._bos = bos
        self._context = context

    def write(self, messages: Sequence[ChatMessage], prefix: str, max_tokens: int | None) -> Prompt:
        """Leaves out the oldest turns if there is no room; never the system message nor the last user message.

        Raises EngineError ``prompt_too_long``, ``template_failed``, or ``context_full`` if only the prefix is too long.
        """
        start = self._tokenize(prefix, False) if prefix else []
        # A prefix uses up the room of the answer: it is the answer.
        reserve = max(1, min(max_tokens or ANSWER_TOKENS, ANSWER_TOKENS, self._context // 4) - len(start))
        room = self._context - reserve - len(start)
        cuts = _cuts(messages)
        trimmed, tokens = self._since(messages, cuts[0])
        if len(tokens) > room:
            trimmed, tokens = self._since(messages, cuts[-1])
            if len(tokens) > room:
                raise _too_long(len(tokens), len(start), self._context, reserve)
            low, high = 1, len(cuts) - 1
            while low < high:
                middle = (low + high) // 2
                left_out, candidate = self._since(messages, cuts[middle])
                if len(candidate) <= room:
                    high, trimmed, tokens = middle, left_out, candidate
                else:
                    low = middle + 1
        return Prompt(tokens + start, len(start), trimmed)

    def _since(self, messages: Sequence[ChatMessage], cut: int) -> tuple[int, list[int]]:
        """(messages left out, tokens) of the conversation from index ``cut``, system messages always included."""
        kept = [message for index, message in enumerate(messages) if index >= cut or message.role == "system"]
        return len(messages) - len(kept), self._read(kept)

    def _read(self, messages: Sequence[ChatMessage]) -> list[int]:
        turns = [{"role": message.role, "content": self._harmless(message.content)} for message in messages]
        text = self._rendered(turns)
        tokens: list[int] = []
        for piece in text.split(BREAK):
            tokens += self._tokenize(piece, True) if piece else []
        if self._bos is not None:
            # Many templates write the token themselves; it must stand there once.
            while tokens and tokens[0] == self._bos:
                del tokens[0]
            tokens.insert(0, self._bos)
        return tokens

    def _rendered(self, turns: Turns) -> str:
        reason = ""
        for attempt in (turns, _merged(turns)):
            try:
                return self._render(attempt)
            except Exception as problem:
                # A template is its maker's program and may raise anything.
                reason = type(problem).__name__
        raise EngineError("template_failed", f"the model's chat template cannot show this conversation ({reason})")

    def _harmless(self, content: str) -> str:
        """``content`` in which no control token can be recognised, so that nobody writes another's turn."""
        return self._control.sub(lambda found: BREAK.join(found[0]), content.replace(BREAK, ""))


def _cuts(messages: Sequence[ChatMessage]) -> list[int]:
    """Indices where the kept conversation may begin: 0, then each later user message."""
    return [0, *(index for index, message in enumerate(messages) if index and message.role == "user")]


def _merged(turns: Turns) -> list[dict[str, str]]:
    """For templates without a system role, or that want turns to alternate: one joined to the next."""
    merged: list[dict[str, str]] = []
    for turn in turns:
        role = "user" if turn["role"] == "system" else turn["role"]
        if merged and merged[-1]["role"] == role:
            merged[-1]["content"] += "\n\n" + turn["content"]
        else:
            merged.append({"role": role, "content": turn["content"]})
    return merged


def _too_long(tokens: int, prefix: int, context: int, reserve: int) -> EngineError:
    if tokens < context and prefix:
        return EngineError("context_full", "the answer so far fills the context")
    return EngineError(
        "prompt_too_long",
        f"the last message and its system prompt take {tokens} tokens; this model reads {context}, "
        f"of which {reserve} are kept for the answer; shorten the message",
    )
