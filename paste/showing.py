"""What a page gets of a file: what was rendered before, or is now, or the text as it is until a job has done it."""

import math
import zlib
from dataclasses import dataclass

from django.core.cache import cache
from django.db import transaction

from meatlizard.rendering import VERSION, code
from meatlizard.rendering.workers import Busy, TookTooLong, Worker, background, pages
from paste import contents
from paste.models import File, Rendition

AT_ONCE = 100_000
"""Bytes that are rendered while somebody waits; more is done by a job."""

SECONDS = 2.0
BACKGROUND_SECONDS = 120.0
ASKED_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """``html``: the first of ``pieces``; ``kind`` tells what it is of. ``pending``: a job makes something better of it.
    ``slow``: it was waited for in vain."""

    kind: str
    html: str
    pieces: int
    pending: bool = False
    slow: bool = False


def first(file: File, *, wait: bool = True) -> Shown:
    """``wait`` False: what is not rendered yet is left to a job."""
    found = Rendition.objects.filter(file=file.pk, version=VERSION, number=0).first()
    if found is not None:
        return Shown(found.kind, unpacked(found.html), found.pieces)
    if file.size > AT_ONCE or not wait:
        # Once for many readers; a second one does no harm.
        if cache.add(f"paste.rendering.{file.pk}", 1, ASKED_SECONDS):
            from paste.jobs import render_file

            render_file.enqueue(file.pk)
        return Shown(
            "lines", code.plain_piece(contents.text_of(file), mark(file), 0) or "", _pieces(file), pending=True
        )
    return render(file, pages, SECONDS)


def render(file: File, worker: Worker, seconds: float) -> Shown:
    """Renders all of it and keeps that; what takes too long is kept as it is."""
    text = contents.text_of(file)
    slow = False
    try:
        kind, packed = worker.render(text, file.format, mark(file), seconds)
    except Busy:
        # Not kept: the next who looks may find nobody before them.
        return Shown("lines", code.plain_piece(text, mark(file), 0) or "", _pieces(file), slow=True)
    except TookTooLong:
        slow = True
        kind, packed = "lines", [zlib.compress(piece.encode(), 1) for piece in code.plain(text, mark(file))]
    _keep(file, kind, packed)
    return Shown(kind, unpacked(packed[0]) if packed else "", len(packed), slow=slow)


def in_background(file: File) -> None:
    if not Rendition.objects.filter(file=file.pk, version=VERSION).exists():
        render(file, background, BACKGROUND_SECONDS)


def piece(file: File, number: int) -> str | None:
    """One of those after the first; None where there is none."""
    found = Rendition.objects.filter(file=file.pk, version=VERSION, number=number).first()
    if found is not None:
        return unpacked(found.html)
    return code.plain_piece(contents.text_of(file), mark(file), number)


def mark(file: File) -> str:
    """What the ids of a file's lines begin with."""
    return "L" if not file.position else f"F{file.position + 1}L"


def unpacked(html: bytes | memoryview) -> str:
    return zlib.decompress(html).decode()


def _pieces(file: File) -> int:
    return max(1, math.ceil(file.lines / code.LINES))


def _keep(file: File, kind: str, packed: list[bytes]) -> None:
    rows = [
        Rendition(file=file, version=VERSION, number=number, kind=kind, pieces=len(packed), html=html)
        for number, html in enumerate(packed)
    ]
    with transaction.atomic():
        # Two who look at it for the first time at once keep it once.
        Rendition.objects.bulk_create(rows, ignore_conflicts=True, batch_size=100)
