"""The texts that come with the site, one file each under ``texts``, with its version in its head."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

TEXTS = Path(__file__).parent / "texts"
_HEAD = re.compile(r"---\nversion: (?P<version>[1-9][0-9]*)\n---\n(?P<text>.+)", re.DOTALL)


class Shipped(NamedTuple):
    version: str
    text: str


@cache
def shipped(kind: str) -> Shipped:
    """The text of a :class:`chat.models.prompts.SiteText.Kind`. Raises ValueError for a file without version or text."""
    path = TEXTS / f"{kind}.md"
    found = _HEAD.fullmatch(path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{path.name} does not begin with its version, or has no text")
    return Shipped(found["version"], found["text"].strip())
