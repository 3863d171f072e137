"""What has to be mended in the text an upstream sends."""

from typing import Final

LEAST_ECHO: Final = 24
"""A shorter beginning may honestly come twice."""


class Echo:
    """Takes away the answer so far where a server repeats it before it goes on; some versions of LM Studio do.

    Text is kept back only as long as it is the beginning of ``so_far``.
    """

    def __init__(self, so_far: str) -> None:
        self._so_far = so_far if len(so_far) >= LEAST_ECHO else ""
        self._waiting = ""

    def feed(self, text: str) -> str:
        if not self._so_far:
            return text
        self._waiting += text
        if self._waiting.startswith(self._so_far):
            rest = self._waiting[len(self._so_far) :]
        elif self._so_far.startswith(self._waiting):
            return ""
        else:
            rest = self._waiting
        self._so_far = self._waiting = ""
        return rest

    def end(self) -> str:
        """What was kept back, once nothing follows."""
        waiting, self._waiting, self._so_far = self._waiting, "", ""
        return waiting


class Surrogates:
    """Joins halves of characters that JSON escapes tore apart, and leaves out what cannot be stored."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        if not text:
            return ""
        text = self._half + text
        self._half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        text = text[: len(text) - len(self._half)]
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        # PostgreSQL stores every character but this.
        return text.replace("\0", "")
