"""A bar that grows on a terminal, and nothing where nobody watches."""

import sys
import time
from typing import TextIO

from django.template.defaultfilters import filesizeformat

WIDTH = 30


class Bar:
    """See :data:`meatlizard.ops.backups.progress.Tell`."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._shown = self._out.isatty()
        self._began = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if self._shown:
            self._out.write(f"\r\x1b[K{line(done, total, time.monotonic() - self._began)}")
            self._out.flush()

    def close(self) -> None:
        if self._shown:
            self._out.write("\r\x1b[K")


def line(done: int, total: int, seconds: float) -> str:
    """``[#####     ] 17 %  1.2 GB of 7.1 GB  85.0 MB/s  1:09 left``"""
    share = done / total if total else 1.0
    full = round(share * WIDTH)
    speed = done / seconds if seconds > 0 else 0
    said = f"[{'#' * full}{' ' * (WIDTH - full)}] {share:4.0%}  {filesizeformat(done)} of {filesizeformat(total)}"
    if seconds < 2 or not speed or done >= total:
        return said
    left = int((total - done) / speed)
    return f"{said}  {filesizeformat(speed)}/s  {left // 60}:{left % 60:02} left"
