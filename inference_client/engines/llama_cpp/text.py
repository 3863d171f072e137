"""From token pieces (bytes) to text a reader may see: whole characters only, cut before a stop string."""

import codecs
from collections.abc import Sequence


class TextStream:
    """Feed it the bytes of each token; it returns the text that is certain.

    Bytes that are no UTF-8 become U+FFFD, encoded surrogates too, so the text can always be encoded. Text that may be
    the beginning of a stop string is kept back until that is decided. ``stopped`` is set once a stop string was found.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self.stopped = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(word for word in stop if word)
        self._waiting = ""

    def feed(self, piece: bytes) -> str:
        """Text that follows from ``piece``; often empty."""
        if self.stopped:
            return ""
        text = self._decoder.decode(piece)
        if not self._stop:
            return text
        self._waiting += text
        found = [place for word in self._stop if (place := self._waiting.find(word)) >= 0]
        if found:
            self.stopped = True
            return self._release(min(found))
        return self._release(len(self._waiting) - self._undecided())

    def end(self) -> str:
        """What was kept back, once no token follows. The bytes of half a character are left out."""
        return "" if self.stopped else self._release(len(self._waiting))

    def _undecided(self) -> int:
        """Length of the longest end of the waiting text that begins a stop string."""
        longest = min(len(self._waiting), max(map(len, self._stop)) - 1)
        for length in range(longest, 0, -1):
            tail = self._waiting[-length:]
            if any(word.startswith(tail) for word in self._stop):
                return length
        return 0

    def _release(self, length: int) -> str:
        text, self._waiting = self._waiting[:length], self._waiting[length:]
        return text
