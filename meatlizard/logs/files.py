"""A logging handler for files by day: ``app-2026-03-01.jsonl``, then ``app-2026-03-01.1.jsonl`` once that has ten megabytes.

Any number of processes write to the same files: each line is one appending write, which the system does not interleave, and nobody renames
anything; every process sees for itself by the size when it is time for the next number. A full or read-only disk costs lines and nothing
else: they still go to the console.
"""

import datetime
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

LARGEST: Final = 10_000_000
"""Bytes after which a file is left and the next begun."""

PAUSE_SECONDS: Final = 5.0
"""After a failure, before the next try: a full disk is not asked for each line."""

MOST_TAKEN: Final = 20
"""Numbers that may be passed over since somebody else owns the file, as after a command that root has run."""

KINDS: Final = ("app", "error", "debug")
NAME: Final = re.compile(r"(app|error|debug)-(\d{4}-\d{2}-\d{2})(?:\.(\d{1,6}))?\.jsonl")


class Named(NamedTuple):
    """Of a file's name; in the order of their tuples the oldest comes first."""

    day: str
    number: int
    kind: str
    path: Path


def found(folder: Path, kind: str = "") -> Iterator[Named]:
    """Regular files of ours in ``folder``; whatever else lies there is nobody's business here."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        match = NAME.fullmatch(entry.name)
        if match and (not kind or match[1] == kind) and entry.is_file(follow_symlinks=False):
            yield Named(match[2], int(match[3] or 0), match[1], Path(entry.path))


class Dropped:
    """Lines of this process that no file took. ``at``: when the last one was lost, by the wall clock."""

    def __init__(self) -> None:
        self.lines = 0
        self.at = 0.0


dropped = Dropped()


class DailyFiles(logging.Handler):
    """``kind``: app takes what is of information or graver, error only errors, debug what is below information."""

    def __init__(self, folder: str, kind: str, largest: int = LARGEST) -> None:
        super().__init__(level={"app": logging.INFO, "error": logging.ERROR, "debug": logging.NOTSET}[kind])
        self._folder, self._kind, self._largest = Path(folder), kind, largest
        self._file: int | None = None
        self._day, self._number = "", 0
        self._torn = False
        self._again = 0.0
        if kind == "debug":
            self.addFilter(lambda record: record.levelno < logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Called under the handler's lock. Raises nothing."""
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
        except (TypeError, ValueError, KeyError, AttributeError):
            # A record that cannot be formatted, as with too few arguments: logging says so on the console.
            self.handleError(record)
            return
        if time.monotonic() < self._again:
            self._lost()
            return
        try:
            self._write(line)
        except OSError:
            # Some of it may be there. An empty line harms nobody.
            self._torn = True
            self._again = time.monotonic() + PAUSE_SECONDS
            self._shut()
            self._lost()

    def close(self) -> None:
        self.acquire()
        try:
            self._shut()
        finally:
            self.release()
        super().close()

    def _write(self, line: bytes) -> None:
        file = self._place()
        # What a full disk has cut stays cut, and takes no other line with it.
        whole = (b"\n" if self._torn else b"") + line
        written = os.write(file, whole)
        if written < len(whole):
            raise OSError("only part of it was written")
        self._torn = False

    def _place(self) -> int:
        """The file for a line of now."""
        day = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
        if self._file is not None and day == self._day and os.fstat(self._file).st_size < self._largest:
            return self._file
        if day != self._day:
            self._day = day
            self._number = max((one.number for one in found(self._folder, self._kind) if one.day == day), default=0)
        self._shut()
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._file = self._opened()
        return self._file

    def _opened(self) -> int:
        taken = 0
        while True:
            try:
                file = os.open(
                    self._path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640
                )
            except PermissionError:
                taken += 1
                if taken > MOST_TAKEN:
                    raise
                self._number += 1
                continue
            if os.fstat(file).st_size < self._largest:
                return file
            os.close(file)
            self._number += 1

    def _path(self) -> Path:
        number = f".{self._number}" if self._number else ""
        return self._folder / f"{self._kind}-{self._day}{number}.jsonl"

    def _shut(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _lost(self) -> None:
        dropped.lines += 1
        dropped.at = time.time()
