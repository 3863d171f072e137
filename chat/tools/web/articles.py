"""Has a page of strangers read by a child process that may come to grief without harm: libxml2 is a large program in C."""

import contextlib
import json
import logging
import subprocess
import threading
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from chat.tools.web.reading.shape import Article
from meatlizard.errors import Invalid, LimitReached
from meatlizard.reading import confined

log = logging.getLogger(__name__)

CHILD: Final = Path(__file__).parent / "reading" / "child.py"
SECONDS: Final = 10.0
AT_ONCE: Final = 2
WAIT_SECONDS: Final = 8.0

_turn = threading.BoundedSemaphore(AT_ONCE)


def read(page: bytes, address: str, charset: str = "") -> Article:
    """Raises Invalid for a page that cannot be read in time, and LimitReached while too many others are being read."""
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise LimitReached(_("Many pages are being read at the moment. Try again in a minute."), retry_after=30.0)
    try:
        with confined.working_folder() as folder:
            (folder / "page").write_bytes(page)
            return _run(folder, address, charset)
    finally:
        _turn.release()


def _run(folder: Path, address: str, charset: str) -> Article:
    out = folder / "article.json"
    try:
        ended = confined.run(CHILD, [str(folder / "page"), str(out), address, charset], folder, SECONDS)
        with contextlib.suppress(OSError, ValueError, TypeError):
            found = Article(**json.loads(out.read_text()))
            found.links = [(words, target) for words, target in found.links]
            return found
        log.warning("web.reader_died", extra={"status": ended.returncode})
    except subprocess.TimeoutExpired:
        log.warning("web.reader_too_slow")
    raise Invalid(_("This page is too much to be read."), code="too_much")
