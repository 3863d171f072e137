"""CHARX files: a ZIP archive with ``card.json`` and what it names as ``embeded://path``. Read in memory, one named file at a time: no path
of the archive ever reaches the disk.
"""

import io
import zipfile
import zlib
from typing import Any

from django.utils.translation import gettext as _

from chat.personas.cards.reading import MAX_JSON, damaged, loads
from meatlizard.errors import Invalid

MAX_FILES = 2_000
MAX_DIRECTORY = 1_000_000
"""Bytes of the table of contents, which is read as a whole."""

MAX_PICTURE = 16_000_000
EMBEDDED = ("embeded://", "embedded://")
"""The specification spells it with one d; some do not."""

_TROUBLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def is_charx(data: bytes) -> bool:
    """Also behind a picture, as some programs write them."""
    return data[:2] == b"PK" or (data[:2] == b"\xff\xd8" and zipfile.is_zipfile(io.BytesIO(data)))


def read(data: bytes) -> tuple[Any, bytes | None, int]:
    """(card, its picture if there is one, how many other files it holds). Raises Invalid."""
    try:
        end = zipfile._EndRecData(io.BytesIO(data))  # type: ignore[attr-defined]
        if not end:
            raise damaged(_("This CHARX file is damaged or cut off."))
        if end[5] > MAX_DIRECTORY:
            raise _too_large()
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = packed.namelist()
            if len(names) > MAX_FILES:
                raise _too_large()
            if "card.json" not in names:
                raise Invalid(_("There is no card.json in this file."), code="no_card")
            card = loads(_content(packed, "card.json", MAX_JSON))
            icon = _icon(card)
            picture = _content(packed, icon, MAX_PICTURE) if icon in names else None
            others = sum(not name.endswith("/") for name in names) - 1 - (picture is not None)
            return card, picture, others
    except _TROUBLE:
        # RuntimeError is how zipfile says that a password is needed.
        raise damaged(_("This CHARX file is damaged, cut off or encrypted.")) from None


def _too_large() -> Invalid:
    return Invalid(_("This CHARX file is larger than it looks: unpacked it is too much."), code="card_too_large")


def _content(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Sizes that an archive states are not believed."""
    with packed.open(name) as part:
        content = part.read(most + 1)
    if len(content) > most:
        raise _too_large()
    return content


def _icon(card: Any) -> str:
    """The path of the main picture in the archive; empty without one."""
    data = card.get("data") if isinstance(card, dict) else None
    assets = data.get("assets") if isinstance(data, dict) else None
    icons = [
        asset for asset in assets or () if isinstance(asset, dict) and asset.get("type") == "icon"
    ] if isinstance(assets, list) else []  # fmt: skip
    icons.sort(key=lambda asset: asset.get("name") != "main")
    for asset in icons:
        uri = asset.get("uri")
        for scheme in EMBEDDED:
            if isinstance(uri, str) and uri.startswith(scheme):
                return uri[len(scheme) :]
    return ""
