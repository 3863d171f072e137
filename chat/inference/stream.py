"""The text of one generation as the process with the node's link holds it in memory."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from chat.generations import Piece
from chat.inference.later import Later
from chat.moderating.watching import Watch
from inference_client.protocol.errors import ChannelError

if TYPE_CHECKING:
    from chat.inference.formatting import Growing


@dataclass(slots=True)
class Stream:
    """``handed``: the node has been told of it. ``length`` code points have come, the first ``thinking`` of them the model's thinking; ``stored`` of them are
    committed. ``watch`` is set while moderation's rules look at answers. ``later``: it goes on after calls of tools, which cost
    ``spent`` until now. ``tools``: its model may call some. Pieces are joined only when somebody wants the text.
    """

    generation: UUID
    epoch: int
    conversation: UUID
    message: UUID | None
    model: str
    length: int = 0
    thinking: int = 0
    stored: int = 0
    ending: bool = False
    handed: bool = True
    progress_at: float = 0.0
    watch: Watch | None = None
    growing: "Growing | None" = None
    later: Later | None = None
    tools: bool = False
    spent: int = 0
    _pieces: list[str] = field(default_factory=list)
    _unstored: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        generation: UUID,
        epoch: int,
        conversation: UUID,
        message: UUID | None,
        model: str,
        text: str,
        thinking: int = 0,
    ) -> "Stream":
        stream = cls(generation, epoch, conversation, message, model, len(text), thinking, len(text))
        if text:
            stream._pieces.append(text)
        return stream

    def add(self, offset: int, text: str, thinking: bool = False) -> str:
        """Appends what is new of ``text`` at ``offset`` and returns it ("" when nothing is).

        Raises ChannelError where text is missing before it, and where it is not on its side of the one boundary between
        thinking and answer.
        """
        if self.later is not None:
            if thinking:
                self.later.think(offset, text, begun=self.length > self.later.base)
                return ""
            offset = self.later.placed(offset)
        if offset > self.length:
            raise ChannelError("out_of_order", "text is missing before a delta")
        if text and not thinking and offset < self.thinking:
            raise ChannelError("out_of_order", "answer where there was thinking")
        if thinking and self.thinking < self.length and offset + len(text) > self.thinking:
            raise ChannelError("out_of_order", "thinking after the answer has begun")
        new = text[self.length - offset :] if offset < self.length else text
        if new:
            self._pieces.append(new)
            self._unstored.append(new)
            self.length += len(new)
            if thinking:
                self.thinking = self.length
        return new

    def take_unstored(self) -> Piece | None:
        """What is to be committed next; call ``committed`` when it was, ``put_back`` when it was not."""
        if not self._unstored:
            return None
        text = "".join(self._unstored)
        self._unstored.clear()
        thinking = min(len(text), max(0, self.thinking - self.stored))
        return Piece(self.generation, self.epoch, self.stored, text, thinking, self.unnoted)

    def committed(self, piece: Piece) -> None:
        self.stored = piece.offset + len(piece.text)
        if self.later is not None and piece.thought:
            self.later.noted = True

    def put_back(self, piece: Piece) -> None:
        self._unstored.insert(0, piece.text)

    @property
    def unnoted(self) -> str:
        """What was thought in a later step and is to be stored with its next piece."""
        return self.later.thought if self.later is not None and not self.later.noted else ""

    @property
    def counted(self) -> tuple[int, int]:
        """Length and thinking as its node counts them."""
        if self.later is None:
            return self.length, self.thinking
        return self.later.length + self.length - self.later.base, self.later.length

    @property
    def acknowledged(self) -> int:
        """What its node may forget, as it counts."""
        return self.stored if self.later is None else self.later.counted(self.stored)

    @property
    def waiting(self) -> int:
        """Code points that are not committed yet."""
        return self.length - self.stored

    @property
    def text(self) -> str:
        """All of it, thinking first."""
        if len(self._pieces) > 1:
            self._pieces[:] = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""
