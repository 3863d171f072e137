"""How a kind of content is shown on the page of a file: a template each, which other apps may put one of theirs in the place of."""

from typing import Final

_TEMPLATES: Final[dict[str, str]] = {
    kind: f"files/viewers/{kind}.html"
    for kind in ("picture", "pdf", "markdown", "text", "recording", "video", "archive", "document", "none")
}


def show_with(kind: str, template: str) -> None:
    """Registers ``template`` for contents of this kind (:data:`files.previews.kinds.Kind`); it has the context of the page. Call it in ``ready``."""
    if kind not in _TEMPLATES:
        raise ValueError(f"there is no kind {kind}")
    _TEMPLATES[kind] = template


def template_of(kind: str) -> str:
    return _TEMPLATES[kind]
