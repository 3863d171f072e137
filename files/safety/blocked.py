"""Kinds of files that the operator does not take (FILES_BLOCKED): by the ending of the name, and by what the bytes say."""

from fnmatch import fnmatchcase
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from files.blobs import reading
from files.models import Blob
from meatlizard.errors import Invalid

EXECUTABLES: Final = "executables"
"""A word in the place of many endings and signs: programs of Windows, Linux, macOS and Java, and what starts like one there."""

ENDINGS: Final = frozenset(
    [
        ".exe",
        ".com",
        ".scr",
        ".pif",
        ".cpl",
        ".msi",
        ".msp",
        ".msix",
        ".bat",
        ".cmd",
        ".ps1",
        ".psm1",
        ".vbs",
        ".vbe",
        ".wsf",
        ".wsh",
        ".hta",
        ".lnk",
        ".reg",
        ".dll",
        ".sys",
        ".jar",
        ".apk",
        ".ipa",
        ".app",
        ".dmg",
        ".pkg",
        ".deb",
        ".rpm",
        ".run",
        ".appimage",
        ".desktop",
        ".sh",
    ]
)
SIGNS: Final = (
    b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce", b"\xca\xfe\xba\xbe",
    b"#!",
)  # fmt: skip


REMEMBERED: Final = 1_000
_programs: dict[str, bool] = {}
"""By hash; what has been looked at is not read again."""


def refuse(name: str, blob: Blob) -> None:
    """Raises Invalid. Reads the beginning of the content where signs decide."""
    if not settings.FILES_BLOCKED:
        return
    refuse_name(name)
    refuse_content(blob)


def refuse_content(blob: Blob) -> None:
    """Before the transaction that stores it, too: SQLite has one writer at a time, who must not wait for a bucket. Raises Invalid."""
    for entry in settings.FILES_BLOCKED:
        if "/" in entry and fnmatchcase(blob.media_type.lower(), entry):
            raise _refusal(blob.media_type)
    if EXECUTABLES not in settings.FILES_BLOCKED:
        return
    known = _programs.get(blob.pk)
    if known is None:
        with reading.open(blob) as file:
            known = file.read(4).startswith(SIGNS)
        if len(_programs) >= REMEMBERED:
            _programs.clear()
        _programs[blob.pk] = known
    if known:
        raise _refusal(_("a program"))


def refuse_name(name: str) -> None:
    """As far as a name tells, before anything has come. Raises Invalid."""
    ending = _ending(name)
    if ending and ending in endings():
        raise _refusal(ending)


def endings() -> set[str]:
    """Of names that are refused, with their dots."""
    blocked = {entry for entry in settings.FILES_BLOCKED if entry.startswith(".")}
    return blocked | ENDINGS if EXECUTABLES in settings.FILES_BLOCKED else blocked


def _ending(name: str) -> str:
    """Windows passes over dots and spaces at the end."""
    _stem, dot, ending = name.lower().rstrip(". ").rpartition(".")
    return f"{dot}{ending.strip()}" if dot else ""


def _refusal(what: str) -> Invalid:
    return Invalid(
        _("The site's operators take no files of this kind: %(what)s.") % {"what": what}, code="type_blocked"
    )
