"""The child process: ``python child.py ROOT INPUT OUT WHAT PROGRAMS``. Bounds itself, looks into the file INPUT, and leaves what it made
and ``result.json`` in OUT: what was found, or why nothing was. ``WHAT`` is a name of :data:`WAYS`; PROGRAMS is the folder of ffmpeg, or empty.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Final

WAYS: Final = {
    "picture": "files.previews.making.pictures",
    "bare": "files.previews.making.bare",
    "archive": "files.previews.making.archives",
    "recording": "files.previews.making.recordings",
    "video": "files.previews.making.videos",
}
"""Each has ``make(source, out, programs)``, which returns what can be written as JSON and raises Unreadable."""


def main(root: str, source: str, out: str, what: str, programs: str = "") -> None:
    sys.path.insert(0, root)
    from meatlizard.reading.child import bound
    from meatlizard.reading.found import Unreadable

    bound()
    try:
        way = importlib.import_module(WAYS[what])
        found = {"made": way.make(Path(source), Path(out), programs)}
    except Unreadable as refusal:
        found = {"refused": {"code": refusal.code, "detail": refusal.detail}}
    except (MemoryError, RecursionError):
        found = {"refused": {"code": "too_much", "detail": ""}}
    (Path(out) / "result.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
