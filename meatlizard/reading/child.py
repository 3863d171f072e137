"""The child process: ``python child.py ROOT INPUT OUT WHAT CHARSET MOST``. Bounds itself, reads the file INPUT, and leaves ``result.json`` in
OUT: what was found, or why the file is refused. ``WHAT`` is ``file`` or ``page``; of its text MOST characters are kept.
"""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path

MEMORY = 1_536 * 2**20
CPU_SECONDS = 20
SECONDS = 60
"""Should nobody be left to end it."""

WRITTEN = 64 * 2**20
"""Bytes of any file it writes."""

FILES = 64


def bound() -> None:
    signal.alarm(SECONDS)
    import resource

    bounds = {"RLIMIT_CPU": CPU_SECONDS, "RLIMIT_FSIZE": WRITTEN, "RLIMIT_NOFILE": FILES, "RLIMIT_CORE": 0}
    if sys.platform == "linux":
        # Elsewhere an address space is not what it says, and programs are refused their own start.
        bounds["RLIMIT_AS"] = MEMORY
    for name, most in bounds.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (most, most))


def main(root: str, source: str, out: str, what: str, charset: str, most: str) -> None:
    bound()
    sys.path.insert(0, root)
    from meatlizard.reading.found import Unreadable, keep_up_to
    from meatlizard.reading.whole import read

    keep_up_to(int(most))
    try:
        found = {"read": asdict(read(Path(source), Path(out), page=what == "page", charset=charset))}
    except Unreadable as refusal:
        found = {"refused": {"code": refusal.code, "detail": refusal.detail}}
    except (MemoryError, RecursionError):
        found = {"refused": {"code": "too_much", "detail": ""}}
    (Path(out) / "result.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
