"""The bytes of an answer's tokens become thinking, answer and tool calls: pure, one object a run."""

import codecs
from collections.abc import Collection, Sequence

from inference_client.engines.llama_cpp.formats import Format
from inference_client.engines.llama_cpp.harmony import Harmony
from inference_client.engines.llama_cpp.text import StopWords
from inference_client.engines.llama_cpp.thinking import Piece, Thinking, Where
from inference_client.engines.llama_cpp.tool_calls import ToolCalls
from inference_client.protocol.vocabulary import ToolCall


class AnswerStream:
    """``where`` and ``going_on``: what the tokens before the answer's first one end with, as ``Thinking`` has it.

    ``header``: the same for a harmony model. ``tools``: names of the tools offered; without any, calls are text.
    ``begun``: the answer proper has text already. Stop strings end the answer proper, not the thinking; ``stopped`` is set
    once one was found.
    """

    def __init__(
        self,
        form: Format,
        *,
        stop: Sequence[str] = (),
        tools: Collection[str] = (),
        where: Where = "start",
        going_on: bool = False,
        header: str = "",
        begun: bool = False,
    ) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._split: Thinking | Harmony
        self._parser: ToolCalls | None = None
        if form.harmony:
            self._split = Harmony(header, with_tools=bool(tools))
        else:
            self._split = Thinking(*form.tags, where, going_on=going_on)
            self._parser = ToolCalls(form.style, tools, begun=begun) if tools else None
        self._stop = StopWords(stop) if any(stop) else None
        self.stopped = False
        self._halved = False
        self._plain = False

    @property
    def answering(self) -> bool:
        """What comes now is the answer proper, no thinking and no mark around it."""
        if isinstance(self._split, Harmony):
            return self._split.answering
        return self._split.where in ("answer", "gap")

    @property
    def undecided(self) -> bool:
        """The model may still begin to think."""
        return not isinstance(self._split, Harmony) and self._split.where == "start"

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """Those the answer has so far; complete after ``end``."""
        return tuple(
            self._split.calls if isinstance(self._split, Harmony) else self._parser.calls if self._parser else ()
        )

    def feed(self, piece: bytes) -> Sequence[Piece]:
        """Text that follows from ``piece``; often none."""
        text = self._text(piece)
        if not text:
            return ()
        if self._plain:
            return ((text, False),)
        passed = self._passed(self._split.feed(text))
        # From here on nothing is looked for: most tokens of most answers.
        self._plain = (
            self._parser is None
            and self._stop is None
            and isinstance(self._split, Thinking)
            and self._split.where == "answer"
        )
        return passed

    def _text(self, piece: bytes) -> str:
        """Whole characters; half a one waits for the rest."""
        if not self._halved:
            try:
                return piece.decode()
            except UnicodeDecodeError:
                pass
        text = self._decoder.decode(piece)
        self._halved = bool(self._decoder.getstate()[0])
        return text

    def end(self) -> Sequence[Piece]:
        """What was kept back, once no token follows. The bytes of half a character are left out."""
        pieces = [*self._passed(self._split.end())]
        rest = self._parser.end() if self._parser else ""
        if self._stop is not None:
            rest = self._stop.feed(rest) + self._stop.end()
            self.stopped = self._stop.stopped
        return [*pieces, (rest, False)] if rest else pieces

    def _passed(self, pieces: list[Piece]) -> Sequence[Piece]:
        if self._parser is None and self._stop is None:
            return pieces
        passed: list[Piece] = []
        for text, thought in pieces:
            if not thought:
                text = self._parser.feed(text) if self._parser else text
                text = self._stop.feed(text) if self._stop else text
            if text:
                passed.append((text, thought))
        self.stopped = self._stop is not None and self._stop.stopped
        return passed
