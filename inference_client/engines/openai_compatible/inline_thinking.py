"""Thinking that a server leaves in the answer, between tags at its beginning."""

from typing import Final

PAIRS: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
)

Part = tuple[bool, str]
"""(whether it is thinking, text), the text never empty."""


class InlineThinking:
    """Feed it text as it comes. Only what stands at the very beginning is taken for thinking; tags later in the answer are
    somebody's text. What may be the beginning of a tag is kept back until that is decided.
    """

    def __init__(self, *, plain: bool = False) -> None:
        self._waiting = ""
        self._open = not plain
        self._closing = ""
        self._fresh = False

    def feed(self, text: str) -> list[Part]:
        self._waiting += text
        parts: list[Part] = []
        if self._open:
            self._begin()
        if self._closing:
            parts += self._think()
        if not self._open and not self._closing:
            parts += self._answer()
        return parts

    def end(self) -> list[Part]:
        """What was kept back, once nothing follows."""
        waiting, self._waiting = self._waiting, ""
        thinking = bool(self._closing)
        return [(thinking, waiting)] if waiting and not (self._fresh and waiting.isspace()) else []

    def _begin(self) -> None:
        text = self._waiting.lstrip()
        for opening, closing in PAIRS:
            if text.startswith(opening):
                self._open, self._closing = False, closing
                self._waiting = text[len(opening) :].lstrip("\n")
                return
        if text and not any(opening.startswith(text) for opening, _ in PAIRS):
            self._open = False

    def _think(self) -> list[Part]:
        at = self._waiting.find(self._closing)
        if at >= 0:
            thought, self._waiting = self._waiting[:at], self._waiting[at + len(self._closing) :]
            self._closing, self._fresh = "", True
        else:
            held = _overlap(self._waiting, self._closing)
            thought, self._waiting = (
                self._waiting[: len(self._waiting) - held],
                self._waiting[len(self._waiting) - held :],
            )
        return [(True, thought)] if thought else []

    def _answer(self) -> list[Part]:
        if self._fresh:
            # The blank lines between thinking and answer belong to neither.
            self._waiting = self._waiting.lstrip()
            self._fresh = not self._waiting
        text, self._waiting = self._waiting, ""
        return [(False, text)] if text else []


def _overlap(text: str, tag: str) -> int:
    """Length of the longest end of ``text`` that begins ``tag``."""
    for length in range(min(len(text), len(tag) - 1), 0, -1):
        if tag.startswith(text[-length:]):
            return length
    return 0
