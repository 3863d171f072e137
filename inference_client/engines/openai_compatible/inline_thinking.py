"""Thinking that a server leaves in the answer, between whichever tags its model uses."""

from inference_client.engines.llama_cpp.thinking import TAGS, Piece, Thinking


class InlineThinking:
    """Feed it text as it comes. Only what stands at the very beginning is taken for thinking; tags later in the answer are
    somebody's text. ``plain``: the answer has begun, and nothing is thinking.
    """

    def __init__(self, *, plain: bool = False) -> None:
        self._waiting = ""
        self._parser: Thinking | None = Thinking(*TAGS[0], "answer") if plain else None

    def feed(self, text: str) -> list[Piece]:
        """What is certain."""
        if self._parser is not None:
            return self._parser.feed(text)
        self._waiting += text
        begun = self._waiting.lstrip()
        tags = next((tags for tags in TAGS if begun.startswith(tags[0])), None)
        if tags is None and any(opening.startswith(begun) for opening, _ in TAGS):
            return []
        self._parser = Thinking(*tags) if tags else Thinking(*TAGS[0], "answer")
        waiting, self._waiting = self._waiting, ""
        return self._parser.feed(waiting)

    def end(self) -> list[Piece]:
        """What was kept back, once nothing follows."""
        if self._parser is not None:
            return self._parser.end()
        waiting, self._waiting = self._waiting, ""
        return [(waiting, False)] if waiting else []
