"""New contents wait until clamd has looked at them, where it is configured: then they are ready, or in quarantine.

clamd that is away loses nothing: contents go on waiting and are looked at when it is back, or are given out at once where the operator has
said so (CLAMD_AWAY). What is larger than CLAMD_MAX_BYTES is not looked at: clamd itself takes no more.
"""

import enum
import logging
from collections.abc import Iterator
from typing import IO, Final

from django.conf import settings

from files.blobs import reading, states
from files.blobs.trouble import Gone
from files.models import Blob, File
from files.safety import clamd, findings

log = logging.getLogger(__name__)

PIECE: Final = 262_144
AT_ONCE: Final = 50


class Result(enum.StrEnum):
    CLEAN = "clean"
    HARMFUL = "harmful"
    SKIPPED = "skipped"
    WAITS = "waits"
    OVER = "over"


def wanted() -> bool:
    return bool(settings.CLAMD_URL)


def after_store(blob: Blob, file: File) -> None:
    """In the background, once a file was stored."""
    if blob.state == Blob.State.CHECKING:
        look(blob)


def look_at_waiting() -> int:
    """Those that wait, the oldest first, until clamd is away. Returns how many are done."""
    done = 0
    for blob in Blob.objects.filter(state=Blob.State.CHECKING).order_by("created")[:AT_ONCE]:
        if look(blob) is Result.WAITS:
            break
        done += 1
    return done


def look(blob: Blob) -> Result:
    """Looks at one, and says what became of it. Two who look at the same come to the same end."""
    if not wanted():
        # Switched off while it waited.
        return Result.SKIPPED if states.passed(blob.pk) else Result.OVER
    if blob.size > settings.CLAMD_MAX_BYTES:
        return Result.SKIPPED if states.passed(blob.pk) else Result.OVER
    try:
        with reading.open(blob) as file:
            name = clamd.scan(settings.CLAMD_URL, _pieces(file))
    except clamd.Refused as problem:
        # It would say so again. Held back, and an operator decides.
        log.warning("files.not_scannable", extra={"blob": blob.pk, "said": str(problem)})
        return _held(blob, f"not scannable: {problem}")
    except clamd.NoAnswer as problem:
        log.warning("files.scanner_away", extra={"said": str(problem)})
        if settings.CLAMD_AWAY == "allow":
            return Result.SKIPPED if states.passed(blob.pk) else Result.OVER
        return Result.WAITS
    except Gone:
        # Left waiting, it would stand before others for ever.
        log.warning("files.nothing_to_scan", extra={"blob": blob.pk})
        states.lost(blob.pk)
        return Result.OVER
    if name:
        log.warning("files.harmful", extra={"blob": blob.pk, "found": name})
        return _held(blob, name)
    return Result.CLEAN if states.passed(blob.pk) else Result.OVER


def _held(blob: Blob, name: str) -> Result:
    return Result.HARMFUL if findings.quarantine(blob, name) else Result.OVER


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
