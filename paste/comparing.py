"""What a revision changed, as a diff that is quick whatever the texts are."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from paste import contents
from paste.contents import BINARY
from paste.models import File
from paste.rendering import code

LINES = 5_000
"""Of either text that are compared by line: the time grows with the square of what differs."""


@dataclass(frozen=True, slots=True)
class Change:
    """``html``: safe, lines of a diff; empty where there is nothing to compare."""

    name: str
    what: str
    html: str


def changes(before: Sequence[File], after: Sequence[File]) -> list[Change]:
    """By names; what stayed as it was is left out. ``what``: added, removed, changed, binary or long."""
    old = {file.name or str(file.position): file for file in before}
    new = {file.name or str(file.position): file for file in after}
    return [
        _change(name, old.get(name), new.get(name))
        for name in [*new, *(name for name in old if name not in new)]
        if (old[name].sha256 if name in old else "") != (new[name].sha256 if name in new else "")
    ]


def _change(name: str, old: File | None, new: File | None) -> Change:
    what = "added" if old is None else "removed" if new is None else "changed"
    known = [file for file in (old, new) if file is not None]
    if any(file.format == BINARY for file in known):
        return Change(name, "binary", "")
    if any(file.lines > LINES for file in known):
        return Change(name, "long", "")
    one, two = (contents.text_of(file).splitlines() if file is not None else [] for file in (old, new))
    lines = list(difflib.unified_diff(one, two, name, name, lineterm=""))[2:]
    return Change(name, what, "".join(code.highlighted("\n".join(lines), "diff", "D")))
