"""The text of one generation as the process with the node's link holds it in memory."""

from dataclasses import dataclass, field
from uuid import UUID

from chat.generations import Piece


@dataclass(slots=True)
class Stream:
    """``length`` code points have come, ``stored`` of them are committed. Pieces are joined only when somebody wants
    the text.
    """

    generation: UUID
    epoch: int
    conversation: UUID
    message: UUID | None
    model: str
    length: int = 0
    stored: int = 0
    ending: bool = False
    progress_at: float = 0.0
    _pieces: list[str] = field(default_factory=list)
    _unstored: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, generation: UUID, epoch: int, conversation: UUID, message: UUID | None, model: str, text: str
    ) -> "Stream":
        stream = cls(generation, epoch, conversation, message, model, len(text), len(text))
        if text:
            stream._pieces.append(text)
        return stream

    def add(self, offset: int, text: str) -> str | None:
        """Appends what is new of ``text`` at ``offset`` and returns it ("" when nothing is). None: there is a gap
        before it.
        """
        if offset > self.length:
            return None
        new = text[self.length - offset :] if offset < self.length else text
        if new:
            self._pieces.append(new)
            self._unstored.append(new)
            self.length += len(new)
        return new

    def take_unstored(self) -> Piece | None:
        """What is to be committed next; call ``committed`` when it was, ``put_back`` when it was not."""
        if not self._unstored:
            return None
        text = "".join(self._unstored)
        self._unstored.clear()
        return Piece(self.generation, self.epoch, self.stored, text)

    def committed(self, piece: Piece) -> None:
        self.stored = piece.offset + len(piece.text)

    def put_back(self, piece: Piece) -> None:
        self._unstored.insert(0, piece.text)

    @property
    def waiting(self) -> int:
        """Code points that are not committed yet."""
        return self.length - self.stored

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces[:] = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""
