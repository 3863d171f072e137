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


def refuse(name: str, blob: Blob) -> None:
    """Raises Invalid. Reads the beginning of the content where signs decide."""
    if not settings.FILES_BLOCKED:
        return
    refuse_name(name)
    for entry in settings.FILES_BLOCKED:
        if "/" in entry and fnmatchcase(blob.media_type.lower(), entry):
            raise _refusal(blob.media_type)
    if EXECUTABLES in settings.FILES_BLOCKED:
        with reading.open(blob) as file:
            if file.read(4).startswith(SIGNS):
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
