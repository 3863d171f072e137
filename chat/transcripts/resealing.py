"""Transcripts sealed anew under the key that is the first now, so that an old key can be given up."""

import hashlib
import logging
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import F, QuerySet

from chat.models import Transcript
from chat.transcripts import store
from meatlizard.errors import AppError
from meatlizard.security.sealed import Unopened

log = logging.getLogger(__name__)

READY = Transcript.State.READY


class Resealed(NamedTuple):
    done: int
    failed: int


def others() -> "QuerySet[Transcript]":
    """Those that lie under another key than the first, or under none while there is one."""
    return Transcript.objects.filter(state=READY).exclude(key=store.key_in_use()[1]).order_by("closed", "pk")


def reseal_all() -> Resealed:
    """One after the other, each in a new edition that is shown from one moment to the next. Killed, it goes on where it was."""
    done = failed = 0
    for key in list(others().values_list("pk", flat=True)):
        row = Transcript.objects.filter(pk=key, state=READY).first()
        if row is None:
            continue
        try:
            done += _reseal(row)
        except (AppError, Unopened, _Changed):
            log.exception("transcript.not_resealed", extra={"transcript": str(row.pk), "key": row.key})
            failed += 1
    return Resealed(done, failed)


class _Changed(Exception):
    """What lies in the storage is not what was written."""


def _reseal(row: Transcript) -> bool:
    """False where it was closed, deleted or written anew meanwhile."""
    mine = Transcript.objects.filter(pk=row.pk, state=READY, edition=row.edition)
    if not mine.filter(tries=row.tries).update(tries=F("tries") + 1):
        return False
    edition = row.tries + 1
    key, mark = store.key_in_use()
    try:
        for part, about in row.parts.items():
            store.put(row, edition, part, _unchanged(row, part, about["sha256"]), key)
        for number, about in enumerate(row.files):
            if about["kept"]:
                store.put(row, edition, str(number), store.pieces_of(store.opened(row, str(number))), key)
        shown = mine.filter(tries=edition).update(edition=edition, key=mark)
    except BaseException:
        store.remove_edition(row.folder, edition)
        raise
    store.remove_edition(row.folder, row.edition if shown else edition)
    return bool(shown)


def _unchanged(row: Transcript, part: str, sha256: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in store.pieces_of(store.opened(row, part)):
        digest.update(piece)
        yield piece
    if digest.hexdigest() != sha256:
        raise _Changed
