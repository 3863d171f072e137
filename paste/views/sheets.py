"""The files of a paste, as its page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.urls import reverse

from paste import showing
from paste.contents import BINARY
from paste.files import media_type
from paste.formats import OFFERED
from paste.models import File, Paste
from paste.showing import Shown

WHOLE = 20
"""Files that are shown on the page; of more only names, so that the page stays quick."""

SLOW = 2
"""Files of one page that are waited for in vain; what comes after them is left to jobs, so that no page takes a minute."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """``shown`` None: an image, or what only can be downloaded."""

    file: File
    number: int
    name: str
    language: str
    shown: Shown | None
    image: bool
    raw: str
    download: str
    piece: str


def sheets(files: Sequence[File], paste: Paste, revision: int | None = None) -> list[Sheet]:
    made: list[Sheet] = []
    slow = 0
    for number, file in enumerate(files, 1):
        made.append(_sheet(file, number, paste, revision, wait=slow < SLOW))
        shown = made[-1].shown
        slow += shown is not None and shown.slow
    return made


def _sheet(file: File, number: int, paste: Paste, revision: int | None, *, wait: bool) -> Sheet:
    to = partial(reverse, args=[paste.slug, number])
    query = f"?revision={revision}" if revision else ""
    image = file.format == BINARY and media_type(file).startswith("image/")
    text = file.format != BINARY and number <= WHOLE
    return Sheet(
        file, number, file.name or f"{paste.slug}-{number}", OFFERED.get(file.format, file.format),
        showing.first(file, wait=wait) if text else None, image, to("paste:raw") + query, to("paste:download") + query,
        reverse("paste:piece", args=[paste.slug, number, 0]) + query,
    )  # fmt: skip
