"""Thinking told from the answer while both stream, for models that put it between two tags before the answer."""

from typing import Final, Literal

from inference_client.engines.llama_cpp.text import undecided

Piece = tuple[str, bool]
"""(text, it is thinking)"""

Where = Literal["start", "thinking", "gap", "answer"]

TAGS: Final = (
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)


class Thinking:
    """Only what comes first can be thinking: once the answer has begun, tags are text like any other.

    ``where``: ``start`` when the model may think or not, ``thinking`` when the prompt ends inside the tags, ``answer``
    when it ends behind them. ``going_on``: the thinking's beginning is already written, so white space counts.
    """

    def __init__(self, opening: str, closing: str, where: Where = "start", *, going_on: bool = False) -> None:
        self.where: Where = where
        self._opening = opening
        self._closing = closing
        self._fresh = not going_on
        self._waiting = ""

    def feed(self, text: str) -> list[Piece]:
        """What is certain: at most some thinking and then some answer."""
        if self.where == "answer":
            return [(text, False)] if text else []
        self._waiting += text
        pieces: list[Piece] = []
        if self.where == "start":
            self._start()
        if self.where == "thinking":
            self._think(pieces)
        if self.where == "gap" and self._waiting.strip():
            self._waiting = self._waiting.lstrip()
            self.where = "answer"
        if self.where == "answer" and self._waiting:
            pieces.append((self._waiting, False))
            self._waiting = ""
        return pieces

    def end(self) -> list[Piece]:
        """What was kept back, once no text follows."""
        rest, self._waiting = self._waiting, ""
        if self.where == "thinking":
            rest = rest.strip() if self._fresh else rest.rstrip()
        elif self.where == "gap":
            rest = ""
        return [(rest, self.where == "thinking")] if rest else []

    def _start(self) -> None:
        begun = self._waiting.lstrip()
        if begun.startswith(self._opening):
            self.where = "thinking"
            self._waiting = begun[len(self._opening) :]
        elif not self._opening.startswith(begun):
            self.where = "answer"

    def _think(self, pieces: list[Piece]) -> None:
        if self._fresh:
            self._waiting = self._waiting.lstrip()
        place = self._waiting.find(self._closing)
        if place >= 0:
            thought = self._waiting[:place].rstrip()
            self._waiting = self._waiting[place + len(self._closing) :]
            self.where = "gap"
        else:
            # White space before the closing tag belongs to neither side, and it may come next.
            certain = self._waiting[: len(self._waiting) - undecided(self._waiting, (self._closing,))]
            thought = certain.rstrip()
            self._waiting = self._waiting[len(thought) :]
        if thought:
            self._fresh = False
            pieces.append((thought, True))
