"""The text of a content, read by a child process."""

from collections.abc import Iterator
from typing import Final

from django.db import transaction

from files.blobs import reading
from files.models import Blob, BlobText
from files.previews import kinds
from meatlizard.errors import Invalid
from meatlizard.reading import conversion

MOST_BYTES: Final = 100_000_000
"""Of a content that is read for its text."""

MOST_TEXT: Final = 1_000_000
"""Characters that are kept of it."""

PIECE: Final = 1 << 20


def extract(blob: Blob, name: str) -> BlobText | None:
    """Keeps the text of a content, or why there is none; None for kinds without words. What was kept stands."""
    if not blob.readable or not has_words(blob, name):
        return None
    row = BlobText.objects.filter(blob=blob.pk).first()
    if row is not None:
        return row
    text, cut, error = _read(blob)
    with transaction.atomic():
        return BlobText.objects.get_or_create(
            blob=blob, defaults={"text": text, "length": len(text), "cut": cut, "error": error}
        )[0]


def has_words(blob: Blob, name: str) -> bool:
    return kinds.of(blob.media_type, name) in kinds.WORDS


def _read(blob: Blob) -> tuple[str, str, str]:
    """Text, what was left out of it, and the code of why there is none."""
    if blob.size > MOST_BYTES:
        return "", "", "too_much"
    try:
        with conversion.converted(_pieces(blob), most=MOST_TEXT) as found:
            return found.text, found.cut[:40], "" if found.text.strip() else "no_text"
    except Invalid as refusal:
        return "", "", refusal.code[:40]


def _pieces(blob: Blob) -> Iterator[bytes]:
    with reading.open(blob) as file:
        while piece := file.read(PIECE):
            yield piece
