"""How a content is looked at, by what its bytes are and, where they look alike, by its name."""

from typing import Final, Literal

Kind = Literal["picture", "pdf", "markdown", "text", "recording", "video", "archive", "document", "none"]

_PICTURES: Final = frozenset(
    {
        "image/png", "image/jpeg", "image/webp", "image/gif", "image/heic", "image/heif", "image/avif", "image/tiff", "image/bmp",
        "image/x-ms-bmp", "image/x-icon", "image/vnd.microsoft.icon",
    }
)  # fmt: skip
_ARCHIVES: Final = frozenset(
    {
        "application/zip", "application/x-tar", "application/gzip", "application/x-gzip", "application/x-bzip2", "application/bzip2",
        "application/x-xz", "application/x-gtar", "application/java-archive", "application/x-zip-compressed",
    }
)  # fmt: skip
_DOCUMENTS: Final = frozenset({"application/rtf", "text/rtf", "application/epub+zip", "application/msword"})
_DOCUMENT_PARTS: Final = ("opendocument", "officedocument", "vnd.ms-word", "vnd.ms-excel", "vnd.ms-powerpoint")
_TEXTS: Final = frozenset(
    {
        "application/json", "application/javascript", "application/xml", "application/x-sh", "application/x-yaml", "application/yaml",
        "application/toml", "application/sql", "application/x-python", "application/x-ndjson", "image/svg+xml", "application/x-ipynb+json",
    }
)  # fmt: skip
_PACKED_DOCUMENTS: Final = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub")
_MARKDOWN_ENDS: Final = (".md", ".markdown", ".mdown")

_QUIET: Final = frozenset(
    {
        "image/bmp", "image/x-ms-bmp", "image/x-icon", "image/vnd.microsoft.icon", "image/svg+xml", "image/x-portable-bitmap",
        "image/x-portable-graymap", "image/x-portable-pixmap", "image/x-xbitmap", "image/x-xpixmap", "image/vnd.dxf", "image/vnd.dwg",
    }
)  # fmt: skip
"""Images into which no camera writes."""


def bared(media_type: str) -> bool:
    """Whether cameras and programs may have noted something in it, so that others get a copy without: also of kinds that cannot be taken
    apart here, of which nobody else gets anything then."""
    media_type = media_type.partition(";")[0].strip().lower()
    return media_type.startswith("image/") and media_type not in _QUIET


def of(media_type: str, name: str = "") -> Kind:
    """``name`` decides between kinds of text, and between documents and archives that look alike."""
    media_type = media_type.partition(";")[0].strip().lower()
    if media_type in _PICTURES or bared(media_type):
        return "picture"
    if media_type == "application/pdf":
        return "pdf"
    if media_type in _DOCUMENTS or any(part in media_type for part in _DOCUMENT_PARTS):
        return "document"
    if media_type in _ARCHIVES:
        # Some programs pack documents in a way that does not show at their beginning.
        return "document" if media_type == "application/zip" and name.lower().endswith(_PACKED_DOCUMENTS) else "archive"
    if media_type in _TEXTS or media_type.startswith("text/"):
        return "markdown" if media_type == "text/markdown" or name.lower().endswith(_MARKDOWN_ENDS) else "text"
    group = media_type.partition("/")[0]
    return (
        "video" if group == "video" else "recording" if group == "audio" or media_type == "application/ogg" else "none"
    )


WAYS: Final = {"picture": "picture", "recording": "recording", "video": "video", "archive": "archive"}
"""Kinds for which the workshop makes something."""

WORDS: Final = frozenset({"pdf", "markdown", "text", "document"})
"""Kinds that have a text to be found by."""

SUFFIXES: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/tiff": "tif",
}
"""Of copies of images."""
