"""GPT-OSS's way of answering ("harmony"): messages on channels, one after another.

``<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final<|message|>…<|return|>``; a tool call is
``<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>{…}<|call|>``. Source:
https://github.com/openai/harmony/blob/main/docs/format.md
"""

import re
from typing import Final

from inference_client.engines.llama_cpp.text import undecided
from inference_client.engines.llama_cpp.thinking import Piece
from inference_client.engines.llama_cpp.tool_calls import MAX_CALLS, tool_call
from inference_client.protocol.vocabulary import ToolCall

THOUGHT: Final = "<|channel|>analysis<|message|>"
ANSWER: Final = "<|channel|>final<|message|>"
NEXT: Final = "<|end|><|start|>assistant"
MARKS: Final = ("<|channel|>", "<|message|>", "<|end|>", "<|start|>", "<|call|>", "<|return|>", "<|constrain|>")

_MESSAGE: Final = "<|message|>"
_ENDS: Final = ("<|end|>", "<|start|>", "<|call|>", "<|return|>", "<|channel|>")
_TOOL: Final = re.compile(r"to=(?:functions\.)?([A-Za-z0-9_.:-]{1,64})")
_MOST_HEADER: Final = 400


class Harmony:
    """Feed it text with the marks in it. ``header``: what the given prefix ends with, if it ends inside a message."""

    def __init__(self, header: str = "", *, with_tools: bool = False) -> None:
        self.calls: list[ToolCall] = []
        self._with_tools = with_tools
        self._channel = header
        self._inside = bool(header)
        self._waiting = ""
        self._answered = header == ANSWER

    @property
    def answering(self) -> bool:
        """The text now coming is the answer's."""
        return self._inside and not self._is_thought and self._tool is None

    def feed(self, text: str) -> list[Piece]:
        self._waiting += text
        pieces: list[Piece] = []
        while self._body(pieces) if self._inside else self._header():
            pass
        return pieces

    def end(self) -> list[Piece]:
        """What was kept back, once no text follows."""
        pieces: list[Piece] = []
        rest, self._waiting = self._waiting, ""
        if self._inside:
            self._close(pieces, rest)
        elif rest and "<|" not in rest and not self._channel and not self._answered:
            # No header at all: the model has left its format.
            pieces.append((rest, False))
        return pieces

    @property
    def _tool(self) -> str | None:
        match = _TOOL.search(self._channel) if self._with_tools else None
        return match[1] if match else None

    @property
    def _is_thought(self) -> bool:
        return "analysis" in self._channel or ("commentary" in self._channel and not self._answered)

    def _header(self) -> bool:
        place = self._waiting.find(_MESSAGE)
        if place < 0:
            if len(self._waiting) > _MOST_HEADER:
                self._channel, self._inside, self._answered = ANSWER, True, True
                return True
            return False
        self._channel, self._waiting = self._waiting[:place] + _MESSAGE, self._waiting[place + len(_MESSAGE) :]
        self._inside = True
        return True

    def _body(self, pieces: list[Piece]) -> bool:
        found = [place for mark in _ENDS if (place := self._waiting.find(mark)) >= 0]
        if found:
            content, self._waiting = self._waiting[: min(found)], self._waiting[min(found) :]
            self._close(pieces, content)
            self._inside = False
            self._channel = ""
            return True
        if self._tool is None:
            certain = len(self._waiting) - undecided(self._waiting, _ENDS)
            self._emit(pieces, self._waiting[:certain])
            self._waiting = self._waiting[certain:]
        return False

    def _close(self, pieces: list[Piece], content: str) -> None:
        name = self._tool
        call = tool_call(name, content) if name and len(self.calls) < MAX_CALLS else None
        if call:
            self.calls.append(call)
        else:
            self._emit(pieces, content)

    def _emit(self, pieces: list[Piece], text: str) -> None:
        thought = self._is_thought and self._tool is None
        if not text or (thought and self._answered):
            return
        self._answered = self._answered or not thought
        pieces.append((text, thought))
