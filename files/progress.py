"""How far a long command is, for who watches it and for its next run."""

import json
import sys
import time
from pathlib import Path
from typing import Any

WIDTH = 30
WRITE_SECONDS = 1.0


class Bar:
    """One line that is drawn over on a terminal, and only its end elsewhere."""

    def __init__(self, out: Any, what: str, total: int, *, shown: bool = True) -> None:
        self._out, self._what, self._total = out, what, total
        self._drawn = shown and sys.stdout.isatty()
        self._shown = shown
        self.done, self._last = 0, 0.0

    def step(self, by: int = 1) -> None:
        self.done += by
        now = time.monotonic()
        if self._drawn and now - self._last > 0.1:
            self._last = now
            share = min(1.0, self.done / max(1, self._total))
            self._out.write(f"\r{self._what:<10} [{'#' * int(share * WIDTH):<{WIDTH}}] {share:4.0%}", ending="")
            self._out.flush()

    def end(self, words: str) -> None:
        if self._shown:
            start = "\r" if self._drawn else ""
            self._out.write(f"{start}{self._what}: {words}{' ' * WIDTH if self._drawn else ''}")


class Mark:
    """Where a command was when it ended before its time: a small file, written at most once a second and removed at the end."""

    def __init__(self, path: Path) -> None:
        self._path, self._last = path, 0.0

    def read(self) -> dict[str, Any]:
        try:
            with self._path.open() as file:
                found = json.load(file)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, **facts: Any) -> None:
        if time.monotonic() - self._last < WRITE_SECONDS:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        coming = self._path.with_suffix(".new")
        with coming.open("w") as file:
            json.dump(facts, file)
        coming.replace(self._path)
        self._last = time.monotonic()

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)
