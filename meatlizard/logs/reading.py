"""Searches the files of the log on this machine, the newest line first, within bounds of bytes and time."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from meatlizard.logs.files import found

MOST: Final = 200
BYTES: Final = 60_000_000
SECONDS: Final = 3.0
BLOCK: Final = 1 << 18
LONGEST: Final = 200_000
"""Bytes of a line; a longer one is nothing of ours."""

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
KNOWN: Final = ("timestamp", "level", "event", "request_id", "logger")


@dataclass(frozen=True, slots=True)
class Wanted:
    """``day``: as 2026-03-01, empty for all. ``level``: that one or graver. ``text``: anywhere in the line, case aside."""

    kind: str = "app"
    day: str = ""
    level: str = ""
    request_id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    at: str
    level: str
    event: str
    request_id: str
    logger: str
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def details(self) -> list[tuple[str, str]]:
        return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in self.more.items()]


@dataclass(slots=True)
class Result:
    """``whole``: everything was looked through, or as many found as are shown."""

    entries: list[Entry] = field(default_factory=list)
    whole: bool = True


def search(
    folder: Path, wanted: Wanted, most: int = MOST, bytes_at_most: int = BYTES, seconds: float = SECONDS
) -> Result:
    result, read, end = Result(), 0, time.monotonic() + seconds
    for one in sorted(found(folder, wanted.kind), reverse=True):
        if wanted.day and one.day != wanted.day:
            continue
        for line in backwards(one.path):
            read += len(line) + 1
            if read > bytes_at_most or time.monotonic() > end:
                result.whole = False
                return result
            if (entry := _entry(line, wanted)) is not None:
                result.entries.append(entry)
                if len(result.entries) >= most:
                    return result
    return result


def backwards(path: Path) -> Iterator[bytes]:
    """Lines from the last to the first, however large the file is. What is written meanwhile is left out; a file that is taken away
    ends early."""
    try:
        with path.open("rb") as file:
            place = os.fstat(file.fileno()).st_size
            rest = b""
            while place > 0:
                size = min(BLOCK, place)
                place -= size
                file.seek(place)
                first, *lines = (file.read(size) + rest).split(b"\n")
                yield from reversed(lines)
                # Beyond that it is no line, and need not be held.
                rest = first[-LONGEST:]
            yield rest
    except OSError:
        return


def _entry(line: bytes, wanted: Wanted) -> Entry | None:
    # Before the line is taken apart: most are not wanted.
    if not line or len(line) > LONGEST or (wanted.request_id and wanted.request_id.encode() not in line):
        return None
    try:
        told = json.loads(line)
    except ValueError:
        return None
    if not isinstance(told, dict) or (wanted.request_id and told.get("request_id") != wanted.request_id):
        return None
    level = str(told.get("level", "info"))
    if wanted.level and _grave(level) < _grave(wanted.level):
        return None
    # As it is shown, not as JSON has it: letters beyond ASCII are escaped there.
    if wanted.text and wanted.text.casefold() not in json.dumps(told, ensure_ascii=False).casefold():
        return None
    known = {name: str(told.pop(name, "")) for name in KNOWN}
    return Entry(known["timestamp"], level, known["event"], known["request_id"], known["logger"], told)


def _grave(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 1
