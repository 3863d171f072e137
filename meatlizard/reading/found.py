"""What reading a file comes to."""

from dataclasses import dataclass

MAX_TEXT = 100_000
"""Characters of one document that are kept: some 25,000 tokens, more than most models' windows."""


class Unreadable(Exception):
    """The file is not taken. ``code`` says why, see ``REFUSALS`` in :mod:`meatlizard.reading.conversion`; ``detail`` is a number or a
    kind of file for its sentence, never something out of the file.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


@dataclass(slots=True)
class Read:
    """``cut``: what was left out, as a code and a number (``characters:200000``, ``pages:300``); empty when nothing was."""

    kind: str
    media_type: str
    text: str = ""
    cut: str = ""
    title: str = ""
    width: int | None = None
    height: int | None = None


class Gathered:
    """Pieces of text up to ``most`` characters, unless somebody says otherwise for this whole process: see :func:`keep_up_to`."""

    most = MAX_TEXT

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = self.most
        self.length = 0

    @property
    def full(self) -> bool:
        return self._left <= 0

    def add(self, piece: str) -> None:
        """Counts all and keeps what has room."""
        self.length += len(piece)
        if self._left > 0:
            self._pieces.append(piece[: self._left])
            self._left -= len(piece)

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def cut(self) -> str:
        return f"characters:{self.most}" if self._left < 0 else ""


def keep_up_to(most: int) -> None:
    """Of the file that this process reads: it is there for one alone."""
    Gathered.most = most
