"""From token pieces (bytes) to text a reader may see: whole characters only, cut before a stop string."""

import codecs
from collections.abc import Sequence


def undecided(text: str, words: Sequence[str]) -> int:
    """Length of the longest end of ``text`` that begins one of ``words`` without being all of it."""
    longest = min(len(text), max(map(len, words), default=1) - 1)
    for length in range(longest, 0, -1):
        tail = text[-length:]
        if any(len(word) > length and word.startswith(tail) for word in words):
            return length
    return 0


class StopWords:
    """Passes text on until one of ``words`` is found; text that may be the beginning of one is kept back until that is
    decided. ``stopped`` is set once one was found.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.stopped = False
        self._words = tuple(word for word in words if word)
        self._waiting = ""

    def feed(self, text: str) -> str:
        """Text that is certain; often empty."""
        if self.stopped:
            return ""
        if not self._words:
            return text
        self._waiting += text
        found = [place for word in self._words if (place := self._waiting.find(word)) >= 0]
        if found:
            self.stopped = True
            return self._release(min(found))
        return self._release(len(self._waiting) - undecided(self._waiting, self._words))

    def end(self) -> str:
        """What was kept back, once no text follows."""
        return "" if self.stopped else self._release(len(self._waiting))

    def _release(self, length: int) -> str:
        text, self._waiting = self._waiting[:length], self._waiting[length:]
        return text


class TextStream:
    """Feed it the bytes of each token; it returns the text that is certain.

    Bytes that are no UTF-8 become U+FFFD, encoded surrogates too, so the text can always be encoded.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._words = StopWords(stop)

    @property
    def stopped(self) -> bool:
        return self._words.stopped

    def feed(self, piece: bytes) -> str:
        """Text that follows from ``piece``; often empty."""
        return self._words.feed(self._decoder.decode(piece))

    def end(self) -> str:
        """What was kept back, once no token follows. The bytes of half a character are left out."""
        return self._words.end()
