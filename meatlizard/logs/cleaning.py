"""Takes away files of the log that are older than they are kept, and beyond the bound the oldest; says how it went in a file beside them."""

import contextlib
import datetime
import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from meatlizard.logs.files import Named, found

log = logging.getLogger(__name__)

STATUS: Final = "cleaning.json"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """``at``: when. ``removed`` files with ``freed`` bytes; ``files`` with ``size`` bytes are left. ``error``: the first that went wrong."""

    at: str
    removed: int = 0
    freed: int = 0
    files: int = 0
    size: int = 0
    error: str = ""


def clean(folder: Path | None = None, now: datetime.datetime | None = None) -> Cleaned:
    """Harmless in several processes at once: what another one has taken is gone as well."""
    folder = folder or settings.LOG_DIR
    now = now or datetime.datetime.now(datetime.UTC)
    days = {"app": settings.LOG_DAYS, "error": settings.LOG_ERROR_DAYS, "debug": settings.LOG_DEBUG_DAYS}
    first = {kind: (now - datetime.timedelta(days=kept)).strftime("%Y-%m-%d") for kind, kept in days.items()}
    rows = sorted(found(folder))
    sizes = {one.path: _size(one.path) for one in rows}
    old = [one for one in rows if one.day < first[one.kind]]
    left = [one for one in rows if one.day >= first[one.kind]]
    old += _beyond(left, sizes, settings.LOG_MEGABYTES * 1_000_000, now.strftime("%Y-%m-%d"))
    removed, freed, error = 0, 0, ""
    for one in old:
        try:
            one.path.unlink()
        except FileNotFoundError:
            continue
        except OSError as trouble:
            error = error or f"{one.path.name}: {type(trouble).__name__}"
            continue
        removed, freed = removed + 1, freed + sizes[one.path]
    rest = [one for one in rows if one.path.exists()]
    told = Cleaned(
        now.isoformat(timespec="seconds"), removed, freed, len(rest), sum(sizes[one.path] for one in rest), error
    )
    if error:
        log.warning("logs.not_cleaned", extra={"error": error})
    _note(folder, told)
    return told


def last(folder: Path | None = None) -> Cleaned | None:
    """How it went the last time on this machine; None where it never did."""
    try:
        return Cleaned(**json.loads(((folder or settings.LOG_DIR) / STATUS).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _beyond(rows: list[Named], sizes: dict[Path, int], most: int, today: str) -> list[Named]:
    """The oldest, until the others fit; files of today are written just now, and stay, but for those that are left already."""
    size, gone = sum(sizes[one.path] for one in rows), []
    newest = {(one.day, one.kind): one.number for one in rows}
    for one in rows:
        if size <= most:
            break
        if one.day == today and one.number == newest[one.day, one.kind]:
            continue
        gone.append(one)
        size -= sizes[one.path]
    return gone


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return 0


def _note(folder: Path, told: Cleaned) -> None:
    draft = folder / f".{STATUS}.{os.getpid()}"
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(told)))
        draft.replace(folder / STATUS)
    except OSError as error:
        log.warning("logs.not_noted", extra={"error": type(error).__name__})
