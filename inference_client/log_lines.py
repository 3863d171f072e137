"""Log lines as they reach a terminal or a file."""

import logging
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


class Plain(logging.Formatter):
    """Messages name what a site or an upstream sent: an escape in it must not steer the owner's terminal, and a line feed
    not begin a line that looks like this program's own.
    """

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        lines = record.message.split("\n")
        shown = (
            "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
            for line in lines
        )
        record.message = "\n    ".join(shown)
        return super().formatMessage(record)
