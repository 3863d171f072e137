"""Backups as somebody else could write them: whole, sealed, and telling what they like."""

import io
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from meatlizard.ops.backups import index, keys, layout, packing
from meatlizard.ops.backups.layout import Sums
from meatlizard.ops.backups.taking import Taken


def rewritten(made: Taken, change: Callable[[dict[str, Any]], dict[str, Any]]) -> str:
    """The same set in clear text with something else in its manifest; its name."""

    def manifest(text: bytes) -> bytes:
        read = json.loads(text)
        return json.dumps({**read, **change(read)}).encode()

    return forged(made, {layout.MANIFEST: manifest})


def forged(made: Taken, changes: dict[str, Callable[[bytes], bytes]], **of_head: Any) -> str:
    """With other contents of its parts, and other words in its head; everything sealed anew."""
    place, head = made.place, index.head_of(made.place, made.id)
    set_id = layout.new_id()
    sums = {}
    for name, part in head.parts.items():
        out = io.BytesIO()
        with place.reading(f"{layout.SETS}{made.id}/{name}") as source:
            packing.unpack(source, out, part.packed(), None, None)
        text = out.getvalue()
        if name == layout.MANIFEST:
            text = json.dumps({**json.loads(text), "id": set_id}).encode()
        text = changes.get(name, lambda same: same)(text)
        with place.writing(f"{layout.SETS}{set_id}/{name}") as stored:
            key = b"" if name.startswith("index") else keys.of_site()
            sums[name] = Sums(**asdict(packing.pack(io.BytesIO(text), stored, key, [])))
    new = head.model_copy(update={"id": set_id, "parts": sums, **of_head}).sealed(keys.of_site())
    with place.writing(f"{layout.SETS}{set_id}/{layout.HEAD}") as out_head:
        out_head.write(new.text())
    return set_id
