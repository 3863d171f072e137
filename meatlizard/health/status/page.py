"""The page as bytes: of a snapshot alone, without a request, a person or a question to the database."""

import contextlib
import datetime
import os
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import loader
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext

from meatlizard.health.status.history import Bar, History
from meatlizard.health.status.snapshot import Snapshot

BESIDE: Final = {"status.css": "text/css; charset=utf-8", "status.js": "text/javascript; charset=utf-8"}
BUILT: Final = {"status.css": "ml/status-page.css", "status.js": "ml/status.js"}
"""What lies beside the page, under its address, so that a front server has everything in one folder."""

POLICY: Final = "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def rendered(snapshot: Snapshot, language: str) -> bytes:
    """Each language once: a snapshot keeps its pages."""
    found = snapshot.pages.get(language)
    if found is None:
        with translation.override(language):
            found = loader.render_to_string("health/status.html", _context(snapshot, language)).encode()
        snapshot.pages[language] = found
    return found


def _context(snapshot: Snapshot, language: str) -> dict[str, Any]:
    return {
        "status": snapshot,
        "language": language,
        "rows": [_row("", gettext("The whole site"), snapshot.state, snapshot.site),
                 *(_row(one.name, str(one.title), one.state, one.history) for one in snapshot.parts)],
        "incidents": [(one, [str(snapshot.titles.get(name, name)) for name in one.incident.parts]) for one in snapshot.incidents],
        "at": datetime.datetime.fromtimestamp(snapshot.at, datetime.UTC),
        "stale": snapshot.at - snapshot.read > 60,
        "read": datetime.datetime.fromtimestamp(snapshot.read, datetime.UTC),
        "policy": POLICY,
        "now": timezone.now(),
    }  # fmt: skip


def _row(name: str, title: str, state: str, past: History) -> dict[str, Any]:
    return {
        "name": name or "site", "title": title, "state": state,
        "spans": [
            _span(gettext("24 hours"), past.hours, past.of_hours, "%H:%M"), _span(gettext("90 days"), past.days, past.of_days, "%Y-%m-%d"),
        ],
    }  # fmt: skip


def _span(title: str, bars: Sequence[Bar], mean: float | None, form: str) -> dict[str, Any]:
    """``troubled``: the bars that are neither good nor unknown, in words, the newest first."""
    drawn = [_bar(bar, form) | {"x": 4 * place} for place, bar in enumerate(bars)]
    troubled = [bar["words"] for bar in reversed(drawn) if bar["look"] in ("warning", "down")]
    return {"title": title, "bars": drawn, "width": 4 * len(drawn), "mean": _percent(mean), "troubled": troubled}


def _bar(bar: Bar, form: str) -> dict[str, Any]:
    begin = datetime.datetime.fromtimestamp(bar.at, datetime.UTC).strftime(form)
    look = "none" if bar.up is None else "good" if bar.up >= 0.999 else "warning" if bar.up >= 0.95 else "down"
    said = _percent(bar.up) or gettext("not measured")
    return {"look": look, "words": f"{begin}: {said}"}


def _percent(share: float | None) -> str:
    """Never rounded up to all: what was away for a minute was away."""
    if share is None:
        return ""
    percent = 100.0 if share >= 1 else min(99.99, 100 * share)
    return gettext("%(percent)s %%") % {"percent": number_format(percent, 0 if share >= 1 else 2)}


@lru_cache
def beside(name: str) -> bytes:
    """The style or script of the page. Raises FileNotFoundError for anything else, and without the front-end."""
    if name not in BESIDE:
        raise FileNotFoundError(name)
    for place in (Path(settings.STATIC_ROOT) / BUILT[name], finders.find(BUILT[name])):
        if place and Path(str(place)).is_file():
            return Path(str(place)).read_bytes()
    raise FileNotFoundError(name)


def write(folder: Path, content: bytes) -> None:
    """Puts the page and what lies beside it into ``folder``. A reader sees the old or the new one, never half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in BESIDE:
        with contextlib.suppress(FileNotFoundError):
            _replace(folder / name, beside(name))
    _replace(folder / "index.html", content)


def _replace(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        # For the account of the front server.
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
