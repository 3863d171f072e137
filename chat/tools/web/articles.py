"""Has a page of strangers read by a child process that may come to grief without harm: libxml2 is a large program in C."""

import contextlib
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from chat.attachments.conversion import PREFIX
from chat.tools.web.reading.shape import Article
from meatlizard.errors import Invalid, LimitReached

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
    # Named as the folders of attached files are, so that what a killed process leaves is cleared with theirs.
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        (folder / "page").write_bytes(page)
        return _run(folder, address, charset)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _turn.release()


def _run(folder: Path, address: str, charset: str) -> Article:
    out = folder / "article.json"
    program = [sys.executable, "-I", "-B", str(CHILD), str(settings.BASE_DIR), str(folder / "page"), str(out)]
    # Nothing of the site's own: neither its secrets nor an open file.
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": str(folder), "HOME": str(folder)}
    try:
        ended = subprocess.run(  # noqa: S603  (our own program; the address goes as one argument, to no shell)
            [*program, address, charset], env=environment, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
        with contextlib.suppress(OSError, ValueError, TypeError):
            found = Article(**json.loads(out.read_text()))
            found.links = [(words, target) for words, target in found.links]
            return found
        log.warning("web.reader_died", extra={"status": ended.returncode})
    except subprocess.TimeoutExpired:
        log.warning("web.reader_too_slow")
    raise Invalid(_("This page is too much to be read."), code="too_much")
