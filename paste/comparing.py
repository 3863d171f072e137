"""What a revision changed, as a diff that is quick whatever the texts are."""

from collections.abc import Sequence
from dataclasses import dataclass

from meatlizard.markup import differences
from meatlizard.rendering import code
from paste import contents
from paste.contents import BINARY
from paste.models import File


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
    if any(file.lines > differences.LINES for file in known):
        return Change(name, "long", "")
    one, two = (contents.text_of(file) if file is not None else "" for file in (old, new))
    lines = differences.unified(one, two, name)
    if lines is None:
        return Change(name, "long", "")
    return Change(name, what, "".join(code.highlighted("\n".join(lines), "diff", "D")))
