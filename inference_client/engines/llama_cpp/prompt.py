"""From a conversation to the tokens a model reads: chat template, special tokens, and what to leave out when full."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import formats, harmony, turns
from inference_client.engines.llama_cpp.formats import Format
from inference_client.engines.llama_cpp.thinking import Where
from inference_client.engines.llama_cpp.turns import Turn
from inference_client.engines.llama_cpp.vision import BREAK, IMAGE
from inference_client.protocol.vocabulary import ChatMessage, Tool

ANSWER_TOKENS: Final = 512
"""Room kept for the answer, but never above a quarter of the context."""

STEPS: Final = 4
"""A full context loses turns of a quarter of it at once."""

PLAIN: Final = formats.of("")

Part = tuple[str, bool]
"""(text, control tokens are recognised in it)"""


@dataclass(frozen=True, slots=True)
class Prompt:
    """``tokens`` to read before the answer, its prefix among them; ``prefix_tokens`` of them are the prefix.

    ``trimmed``: messages left out. ``answer_tokens``: of the prefix's, those of the answer proper. ``where``, ``going_on``, ``header`` and ``begun`` say what the tokens end with, as
    ``AnswerStream`` wants to know it.
    """

    tokens: list[int]
    prefix_tokens: int
    trimmed: int
    where: Where = "start"
    going_on: bool = False
    header: str = ""
    begun: bool = False
    answer_tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Start:
    """How the answer begins: ``forced`` by the asker, then the prefix, then what follows in the words of Prompt."""

    forced: tuple[Part, ...] = ()
    prefix: tuple[Part, ...] = ()
    where: Where = "start"
    going_on: bool = False
    header: str = ""
    begun: bool = False


class PromptWriter:
    """``render(turns, **options)`` fills the chat template; ``tokenize(text, special)`` knows control tokens if
    ``special``.
    """

    def __init__(
        self,
        render: Callable[..., str],
        tokenize: Callable[[str, bool], list[int]],
        *,
        control_tokens: Iterable[str],
        bos: int | None,
        context: int,
        form: Format = PLAIN,
    ) -> None:
        self._render = render
        self._tokenize = tokenize
        # The longest first, so that a token that begins like another is found whole.
        control = sorted((text for text in control_tokens if len(text) > 1), key=len, reverse=True)
        self._control = re.compile("|".join(map(re.escape, control)) or r"(?!)")
        self._bos = bos
        self._context = context
        self._form = form

    def write(
        self,
        messages: Sequence[ChatMessage],
        prefix: str,
        max_tokens: int | None,
        *,
        prefix_thinking: int = 0,
        tools: Sequence[Tool] = (),
        thinking: str | None = None,
    ) -> Prompt:
        """Leaves out the oldest turns if there is no room; never the system message nor the last user message and what
        came after it.

        Raises EngineError ``prompt_too_long``, ``template_failed``, or ``context_full`` if only the prefix is too long.
        """
        options = self._options(tools, thinking)
        cuts = _cuts(messages)
        trimmed, text = self._since(messages, cuts[0], options)
        begin = self._begin(text, prefix, prefix_thinking, thinking)
        forced, start = self._tokens(begin.forced), self._tokens(begin.prefix)
        # A prefix uses up the room of the answer: it is the answer.
        reserve = max(1, min(max_tokens or ANSWER_TOKENS, ANSWER_TOKENS, self._context // 4) - len(start))
        room = self._context - reserve - len(start) - len(forced)
        tokens = self._read(text)
        if len(tokens) > room:
            # In large steps: a conversation that begins otherwise is read again, which should not happen every turn.
            step = max(1, self._context // STEPS)
            goal = len(tokens) - -(-(len(tokens) - room) // step) * step
            trimmed, text = self._since(messages, cuts[-1], options)
            tokens = self._read(text)
            if len(tokens) > room:
                raise _too_long(len(tokens), len(start), self._context, reserve)
            low, high = 1, len(cuts) - 1
            while low < high:
                middle = (low + high) // 2
                left_out, text = self._since(messages, cuts[middle], options)
                candidate = self._read(text)
                if len(candidate) <= goal:
                    high, trimmed, tokens = middle, left_out, candidate
                else:
                    low = middle + 1
        return Prompt(
            tokens=tokens + forced + start,
            prefix_tokens=len(start),
            trimmed=trimmed,
            where=begin.where,
            going_on=begin.going_on,
            header=begin.header,
            begun=begin.begun,
            answer_tokens=len(self._tokens(begin.prefix[-1:])) if begin.begun else 0,
        )

    # --- the conversation -------------------------------------------------------------------------------------------

    def _since(self, messages: Sequence[ChatMessage], cut: int, options: dict[str, Any]) -> tuple[int, str]:
        """(messages left out, text) of the conversation from index ``cut``, system messages always included."""
        kept = [message for index, message in enumerate(messages) if index >= cut or message.role == "system"]
        return len(messages) - len(kept), self._rendered(turns.of(kept, self._harmless), options)

    def _read(self, text: str) -> list[int]:
        tokens = self._tokens([(text, True)])
        if self._bos is not None:
            # Many templates write the token themselves; it must stand there once.
            while tokens and tokens[0] == self._bos:
                del tokens[0]
            tokens.insert(0, self._bos)
        return tokens

    def _tokens(self, parts: Iterable[Part]) -> list[int]:
        tokens: list[int] = []
        for text, special in parts:
            for piece in text.split(BREAK) if special else (text,):
                tokens += self._tokenize(piece, special) if piece else []
        return tokens

    def _options(self, tools: Sequence[Tool], thinking: str | None) -> dict[str, Any]:
        """Variables for the template beside the messages."""
        options: dict[str, Any] = {}
        if tools:
            options["tools"] = turns.functions(tools, self._harmless)
        if thinking is not None and self._form.thinking == "level":
            options["reasoning_effort"] = {"off": "low", "on": "medium"}.get(thinking, thinking)
        elif thinking is not None and self._form.thinking == "boolean":
            options["enable_thinking"] = options["thinking"] = thinking != "off"
        return options

    def _rendered(self, conversation: list[Turn], options: dict[str, Any]) -> str:
        spoken = turns.plain(conversation, options.get("tools"))
        untooled = {name: value for name, value in options.items() if name != "tools"}
        attempts = [(spoken, untooled), (turns.merged(spoken), untooled)]
        if self._form.tools:
            attempts.insert(0, (conversation, options))
        reason = ""
        for attempt, variables in attempts:
            try:
                return self._render(attempt, **variables)
            except Exception as problem:
                # A template is its maker's program and may raise anything.
                reason = type(problem).__name__
        raise EngineError(
            "template_failed",
            f"the model's chat template cannot show this conversation ({reason}); set another chat_template for the model",
        )

    def _harmless(self, content: str) -> str:
        """``content`` in which no control token can be recognised, so that nobody writes another's turn."""
        return self._control.sub(lambda found: BREAK.join(found[0]), content.replace(BREAK, "").replace(IMAGE, ""))

    # --- how the answer begins --------------------------------------------------------------------------------------

    def _begin(self, text: str, prefix: str, prefix_thinking: int, thinking: str | None) -> _Start:
        thought, answer = prefix[:prefix_thinking], prefix[prefix_thinking:]
        if self._form.harmony:
            return _in_harmony(thought, answer)
        opening, closing = self._form.tags
        end = text.rstrip()
        forced: tuple[Part, ...] = ()
        if thinking == "off" and self._form.thinking == "boolean" and not end.endswith(closing):
            # A template that does not know the switch: an empty thought is what those that know it write.
            forced = ((f"{'' if end.endswith(opening) else opening}\n\n{closing}\n\n", True),)
        if forced or end.endswith(closing):
            # Thinking of an attempt before this one was switched off has no place any more.
            return _Start(forced, ((answer, False),), "answer", begun=bool(answer))
        opened: tuple[Part, ...] = () if end.endswith(opening) else ((f"{opening}\n", True),)
        if answer and not thought and opened:
            return _Start((), ((answer, False),), "answer", begun=True)
        if answer:
            parts = (*opened, (thought, False), (f"\n{closing}\n\n", True), (answer, False))
            return _Start((), parts, "answer", begun=True)
        if thought:
            return _Start((), (*opened, (thought, False)), "thinking", going_on=True)
        return _Start(where="start" if opened else "thinking")


def _in_harmony(thought: str, answer: str) -> _Start:
    parts: list[Part] = []
    if thought:
        parts += [(harmony.THOUGHT, True), (thought, False)]
    if answer:
        parts += [(harmony.NEXT, True)] if thought else []
        parts += [(harmony.ANSWER, True), (answer, False)]
    header = harmony.ANSWER if answer else harmony.THOUGHT if thought else ""
    return _Start(prefix=tuple(parts), header=header, begun=bool(answer))


def _cuts(messages: Sequence[ChatMessage]) -> list[int]:
    """Indices where the kept conversation may begin: 0, then each later user message."""
    return [0, *(index for index, message in enumerate(messages) if index and message.role == "user")]


def _too_long(tokens: int, prefix: int, context: int, reserve: int) -> EngineError:
    if tokens < context and prefix:
        return EngineError("context_full", "the answer so far fills the context")
    return EngineError(
        "prompt_too_long",
        f"the last message and its system prompt take {tokens} tokens; this model reads {context}, "
        f"of which {reserve} are kept for the answer; shorten the message",
    )
