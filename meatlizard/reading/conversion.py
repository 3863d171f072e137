"""From a file of a stranger to what is kept of it, by a child process that may come to grief without harm."""

import contextlib
import json
import logging
import re
import subprocess
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.errors import Invalid, LimitReached
from meatlizard.reading import confined
from meatlizard.reading.found import MAX_TEXT

log = logging.getLogger(__name__)

CHILD = Path(__file__).parent / "child.py"
SECONDS = 45.0
"""That a file may take, on the slowest machine; what it computes is bounded by the child itself."""

AT_ONCE = 2
WAIT_SECONDS = 30.0
MAX_NAME = 200

_turn = threading.BoundedSemaphore(AT_ONCE)

REFUSALS = {
    "empty": gettext_lazy("This file is empty."),
    "encrypted": gettext_lazy("This file is protected by a password. Save a copy without one, and attach that."),
    "image_unreadable": gettext_lazy("This image is damaged or incomplete."),
    "heif_unsupported": gettext_lazy("This site cannot read HEIC photographs. Save it as JPEG, and attach that."),
    "too_many_pixels": gettext_lazy("This image has more than %s million pixels. Make it smaller, and attach that."),
    "too_thin": gettext_lazy("This image is too long and thin to be looked at. Cut it into parts."),
    "pdf_unreadable": gettext_lazy("This PDF file is damaged or incomplete."),
    "scanned": gettext_lazy(
        "There is no text in this PDF file: its pages are pictures. Attach the pages as images, for a model that sees."
    ),
    "no_text": gettext_lazy("There is no text in this file."),
    "office_unreadable": gettext_lazy("This document is damaged, incomplete or locked."),
    "bomb": gettext_lazy("This file is larger than it looks: unpacked it is too much."),
    "too_much": gettext_lazy("This file is too much to be read. Attach a part of it."),
    "old_office": gettext_lazy(
        "This is a document in an old format, or one with a password. Save it as .docx, .xlsx, .pptx or PDF without one."
    ),
    "archive": gettext_lazy("This is an archive. Unpack it, and attach the files in it."),
    "other_document": gettext_lazy(
        "This kind of document cannot be read here. Save it as PDF or text, and attach that."
    ),
}
BINARY = {
    "": gettext_lazy("This is no text, no image and no document that can be read here."),
    "archive": REFUSALS["archive"],
    "recording": gettext_lazy("Recordings cannot be attached."),
    "video": gettext_lazy("Videos cannot be attached."),
    "program": gettext_lazy("Programs cannot be attached."),
    "database": gettext_lazy("Databases cannot be attached."),
    "picture": gettext_lazy("This kind of image cannot be read here. Save it as PNG or JPEG, and attach that."),
}

_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_UNSAFE_IN_NAMES = re.compile(r"[/\\<>\"|`]")


@dataclass(slots=True)
class Converted:
    """What is kept: ``file`` and, of an image, ``thumbnail`` lie in a folder that is gone with the context. ``cut`` in words."""

    kind: str
    media_type: str
    file: Path
    thumbnail: Path | None
    text: str
    cut: str
    title: str
    width: int | None
    height: int | None

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        files = self.file.stat().st_size + (self.thumbnail.stat().st_size if self.thumbnail else 0)
        return files + len(self.text.encode())


@contextmanager
def converted(
    chunks: Iterable[bytes], *, page: bool = False, charset: str = "", most: int = MAX_TEXT
) -> Iterator[Converted]:
    """Reads a file. ``page``: a page of the web, in ``charset``. Of its text ``most`` characters are kept. Raises Invalid for one that is not taken, in words, and LimitReached
    while too many others are being read."""
    with confined.working_folder() as folder:
        source = folder / "input"
        with source.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        (folder / "out").mkdir()
        with _own_turn():
            result = _run(source, folder / "out", "page" if page else "file", charset, most)
        yield _converted(result, source, folder / "out")


@contextmanager
def _own_turn() -> Iterator[None]:
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise LimitReached(_("Many files are being read at the moment. Try again in a minute."), retry_after=30.0)
    try:
        yield
    finally:
        _turn.release()


def _run(source: Path, out: Path, what: str, charset: str, most: int) -> dict[str, Any]:
    try:
        ended = confined.run(CHILD, [str(source), str(out), what, charset, str(most)], out, SECONDS)
    except subprocess.TimeoutExpired:
        raise Invalid(str(REFUSALS["too_much"]), code="too_much") from None
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((out / "result.json").read_text())
        if isinstance(found, dict):
            return found
    # Killed by one of its bounds, or by a decoder's own fault. Its words may be out of the file: only the last of them.
    last = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or [""]
    log.warning("attachment.child_died", extra={"status": ended.returncode, "reason": last[0][:80].partition(":")[0]})
    raise Invalid(str(REFUSALS["too_much"]), code="too_much")


def _converted(result: dict[str, Any], source: Path, out: Path) -> Converted:
    refused = result.get("refused")
    if refused is not None:
        raise Invalid(_words(refused["code"], refused["detail"]), code=refused["code"])
    read = result["read"]
    image = read["kind"] == "image"
    return Converted(
        kind=read["kind"], media_type=read["media_type"], file=out / "image" if image else source,
        thumbnail=out / "thumbnail" if image else None, text=writable(read["text"]), cut=_cut(read["cut"]),
        title=clean_name(read["title"], otherwise=""), width=read["width"], height=read["height"],
    )  # fmt: skip


def _words(code: str, detail: str) -> str:
    if code == "binary":
        return str(BINARY.get(detail, BINARY[""]))
    words = str(REFUSALS[code])
    return words % detail if detail else words


def _cut(cut: str) -> str:
    what, _colon, number = cut.partition(":")
    if what == "pages":
        return _("Only the first %s pages are read.") % number
    if what == "characters":
        return _("Only the first %s characters are read.") % f"{int(number):,}"
    return ""


def writable(text: str) -> str:
    """Without what PostgreSQL or UTF-8 cannot hold."""
    return _UNWRITABLE.sub("", text)


def clean_name(name: str, otherwise: str = "file") -> str:
    """A name that says what it seems to say: one line, no path, no control characters, none that turn the direction of writing."""
    name = unicodedata.normalize("NFC", writable(name)).replace("\\", "/").rpartition("/")[2]
    kept = "".join(" " if letter in "\t\n\r" else letter for letter in name)
    kept = "".join(
        letter for letter in kept if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    kept = " ".join(_UNSAFE_IN_NAMES.sub("_", kept).split()).strip(". ")
    if len(kept) > MAX_NAME:
        stem, dot, suffix = kept.rpartition(".")
        kept = f"{stem[: MAX_NAME - 1 - len(suffix)]}.{suffix}" if dot and len(suffix) <= 10 else kept[:MAX_NAME]
    return kept or otherwise
