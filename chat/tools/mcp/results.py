"""What a server gave back, as models and people read it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from chat.fencing import visible
from chat.tools.registry import Result, Source

MOST_SOURCES = 10
MOST_TEXT = 30_000


def result(content: Sequence[Mapping[str, Any]], structured: Any, failed: bool) -> Result:
    """``content``: blocks in the protocol's form. Everything in them was written by somebody else."""
    parts: list[str] = []
    sources: list[Source] = []
    for block in content:
        text, source = _block(block)
        parts.append(text)
        if source is not None and len(sources) < MOST_SOURCES:
            sources.append(source)
    text = "\n\n".join(part for part in parts if part)
    if not text and structured is not None:
        text = json.dumps(structured, ensure_ascii=False, default=str)
    text = visible(text).strip() or _("The tool gave nothing back.")
    if len(text) > MOST_TEXT:
        text = text[:MOST_TEXT] + "\n" + _("[cut: only the first %(most)s characters are here]") % {"most": MOST_TEXT}
    if failed:
        return Result(_("The tool failed.") + f"\n{text}", tuple(sources), _("failed"))
    return Result(text, tuple(sources))


def _block(block: Mapping[str, Any]) -> tuple[str, Source | None]:
    kind = block.get("type")
    if kind == "text":
        return str(block.get("text") or ""), None
    if kind in ("image", "audio"):
        return _("[The tool gave back a picture or a recording, which cannot be read here.]"), None
    if kind == "resource_link":
        name, address = str(block.get("title") or block.get("name") or ""), str(block.get("uri") or "")
        return f"{name}: {address}", _source(name, address)
    if kind == "resource":
        inside = block.get("resource")
        inside = inside if isinstance(inside, Mapping) else {}
        address = str(inside.get("uri") or "")
        if isinstance(inside.get("text"), str):
            return inside["text"], _source(address, address)
        return _("[The tool gave back a file, which cannot be read here.]"), None
    return _("[The tool gave back something that is not known here.]"), None


def _source(title: str, address: str) -> Source | None:
    """Only what a reader can open."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username is not None
        or len(address) > 2_000
    ):
        return None
    return Source(" ".join(visible(title).split())[:200] or address, address, timezone.now())
