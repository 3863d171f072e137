"""Groups of media types that people have words for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KINDS: "Mapping[str, StrOrPromise]" = MappingProxyType(
    {
        "image": _("Pictures"),
        "video": _("Videos"),
        "audio": _("Audio"),
        "document": _("Documents"),
        "text": _("Text and code"),
        "archive": _("Archives"),
        "other": _("Everything else"),
    }
)

_DOCUMENT_ENDS = ("pdf", "msword", "rtf", "epub+zip")
_DOCUMENT_PARTS = ("opendocument", "officedocument", "vnd.ms-")
_ARCHIVES = (
    "zip", "gzip", "x-gzip", "x-tar", "x-7z-compressed", "x-rar-compressed", "vnd.rar", "x-bzip2", "zstd", "x-xz", "x-iso9660-image",
)  # fmt: skip
_CODE = ("json", "javascript", "xml", "x-sh", "x-yaml", "yaml", "toml", "sql", "x-python")

SIGNS: Mapping[str, str] = MappingProxyType(
    {"image": "▦", "video": "▶", "audio": "♪", "document": "¶", "text": "≡", "archive": "▤", "other": "◇"}
)
"""One character of the site's own fonts for each."""


def kind_of(media_type: str) -> str:
    group, _slash, rest = media_type.partition("/")
    if group in ("image", "video", "audio", "text"):
        return group
    if group == "application":
        if rest in _DOCUMENT_ENDS or any(part in rest for part in _DOCUMENT_PARTS):
            return "document"
        if rest in _ARCHIVES:
            return "archive"
        if rest in _CODE:
            return "text"
    return "other"


def of_kind(kind: str) -> Q:
    """Files of that kind, as :func:`kind_of` sorts them."""
    if kind in ("image", "video", "audio"):
        return Q(media_type__startswith=f"{kind}/")
    if kind == "text":
        return Q(media_type__startswith="text/") | Q(media_type__in=_applications(_CODE))
    if kind == "archive":
        return Q(media_type__in=_applications(_ARCHIVES))
    if kind == "document":
        found = Q(media_type__in=_applications(_DOCUMENT_ENDS))
        for part in _DOCUMENT_PARTS:
            found |= Q(media_type__startswith="application/", media_type__contains=part)
        return found
    return ~(
        of_kind("image")
        | of_kind("video")
        | of_kind("audio")
        | of_kind("text")
        | of_kind("archive")
        | of_kind("document")
    )


def _applications(names: tuple[str, ...]) -> list[str]:
    return [f"application/{name}" for name in names]
