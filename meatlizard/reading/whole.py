"""One file, whatever it is: found out from its bytes, and read by what reads such files."""

from pathlib import Path

from meatlizard.reading import kinds
from meatlizard.reading.found import Read, Unreadable


def read(path: Path, out: Path, *, page: bool = False, charset: str = "") -> Read:
    """``page``: it came as a page of the web, in ``charset`` if that was said. Raises Unreadable."""
    with path.open("rb") as file:
        head = file.read(kinds.HEAD)
    if not head:
        raise Unreadable("empty")
    # Imported where they are needed: starting up is most of what a small file costs.
    kind = kinds.of(head)
    if kind in ("image", "heif"):
        from meatlizard.reading import pictures

        return pictures.read(path, out, heif=kind == "heif")
    if kind == "pdf":
        from meatlizard.reading import pdf

        return pdf.read(path)
    if kind == "zip":
        from meatlizard.reading import office

        return office.read(path)
    if kind == "rtf":
        from meatlizard.reading import rtf

        return rtf.read(path)
    if kind == "old_office":
        raise Unreadable("old_office")
    from meatlizard.reading import plain, web

    return web.read(path, charset) if page else plain.read(path)
