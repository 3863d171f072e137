"""From a content of strangers to what is made of it, by a child process that may come to grief without harm."""

import contextlib
import json
import logging
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from meatlizard.reading import confined
from meatlizard.reading.found import Unreadable

log = logging.getLogger(__name__)

CHILD = Path(__file__).parent / "making" / "child.py"
SECONDS = 55.0
"""That the child may take. It bounds what it computes by itself; decoders of recordings have their own processes within it."""

AT_ONCE = 2
_turn = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Made:
    """``found`` is what the child says; what it wrote lies in ``folder``, which is gone with the context."""

    found: dict[str, Any]
    folder: Path


@contextmanager
def made(what: str, content: IO[bytes] | Path) -> Iterator[Made]:
    """``what``: one of :data:`files.previews.making.child.WAYS`. Waits for its turn, since only jobs come here. Raises Unreadable."""
    with _turn, confined.working_folder() as folder:
        source, out = folder / "input", folder / "out"
        if isinstance(content, Path):
            # Looked at where it lies: a video of gigabytes is not copied for one picture.
            source = content
        else:
            with source.open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
        out.mkdir()
        yield Made(_run(what, source, out), out)


def programs() -> str:
    """The folder of ffmpeg and ffprobe; empty where they are not installed."""
    found = shutil.which("ffmpeg")
    return str(Path(found).parent) if found and (Path(found).parent / "ffprobe").exists() else ""


def _run(what: str, source: Path, out: Path) -> dict[str, Any]:
    try:
        ended = confined.run(CHILD, [str(source), str(out), what, programs()], out, SECONDS)
    except subprocess.TimeoutExpired:
        raise Unreadable("too_much") from None
    said: Any = None
    with contextlib.suppress(OSError, ValueError):
        said = json.loads((out / "result.json").read_text())
    if not isinstance(said, dict):
        # Killed by one of its bounds, or by a decoder's own fault.
        log.warning("preview.child_died", extra={"status": ended.returncode, "what": what})
        raise Unreadable("too_much")
    if "refused" in said:
        raise Unreadable(said["refused"]["code"], said["refused"]["detail"])
    found: dict[str, Any] = said["made"]
    return found
