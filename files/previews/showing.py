"""What the page of a file shows, in words and facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from files.access import files_of
from files.models import Blob, BlobText, File, Preview
from files.previews import actions, kinds, others, viewers
from files.texts import extracting, pieces
from meatlizard.accounts.models import User

STATES: Final = {
    Blob.State.CHECKING: gettext_lazy("This file is being checked for anything harmful. It can be opened as soon as that is done."),
    Blob.State.QUARANTINED: gettext_lazy("Something harmful was found in this file, so nobody can open it. You can delete it; if you think that is a mistake, ask the site's operators."),
    Blob.State.MISSING: gettext_lazy("The content of this file is missing from the site's storage. Tell the site's operators: they can look for it in a backup."),
    Blob.State.DAMAGED: gettext_lazy("The content of this file is damaged. Tell the site's operators: they can bring it back from a backup."),
    Blob.State.GOING: gettext_lazy("The content of this file is being deleted."),
}  # fmt: skip
REASONS: Final = {
    "empty": gettext_lazy("This file is empty."),
    "encrypted": gettext_lazy("This file is protected by a password."),
    "image_unreadable": gettext_lazy("This picture is damaged or incomplete, or of a kind that cannot be shown here."),
    "heif_unsupported": gettext_lazy("This site cannot read HEIC photographs."),
    "too_many_pixels": gettext_lazy("This picture has more pixels than this site shows."),
    "too_thin": gettext_lazy("This picture is too long and thin to be shown."),
    "archive_unreadable": gettext_lazy("This archive is damaged, or of a kind that cannot be listed here."),
    "bomb": gettext_lazy("This file is larger than it looks: unpacked it is too much, so it is not looked into."),
    "too_much": gettext_lazy("This file is too much to be looked into here."),
    "no_ffmpeg": gettext_lazy("The program that looks into recordings and videos, ffmpeg, is not installed on this site."),
    "recording_unreadable": gettext_lazy("Nothing in this file could be played back here. It may be damaged, or of a kind that is not known."),
    "pdf_unreadable": gettext_lazy("This PDF file is damaged or incomplete."),
    "scanned": gettext_lazy("The pages of this PDF file are pictures: it holds no text to be found by."),
    "no_text": gettext_lazy("There is no text in this file."),
    "office_unreadable": gettext_lazy("This document is damaged, incomplete or locked."),
    "old_office": gettext_lazy("This is a document in an old format, whose text cannot be read here."),
    "binary": gettext_lazy("This is no text that can be shown."),
}  # fmt: skip
OTHER_REASON: Final = gettext_lazy("This kind of file cannot be shown here. You can download it.")


@dataclass(slots=True)
class Look:
    """``kind`` and ``viewer`` (a template); ``trouble`` says why nothing can be opened, ``failed`` why there is no preview. ``coming``: a job
    is at it. ``shown``: the first piece of the text."""

    kind: str
    viewer: str
    preview: Preview | None = None
    words: BlobText | None = None
    shown: pieces.Shown | None = None
    trouble: str = ""
    failed: str = ""
    coming: bool = False
    pictures: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    wave: str = ""
    noted: bool = False
    shown_whole: bool = False


def look(file: File) -> Look:
    """Of the file's owner's. Has jobs make what is missing."""
    blob = file.blob
    kind = kinds.of(blob.media_type, file.name)
    found = Look(kind, viewers.template_of(kind))
    if not blob.readable:
        found.trouble = str(STATES[Blob.State(blob.state)])
        return found
    if kinds.of(blob.media_type) in kinds.WAYS:
        _with_preview(found, file)
    if extracting.has_words(blob, file.name):
        _with_words(found, file)
    if found.coming:
        actions.wanted(blob, file.name)
    return found


def _with_preview(found: Look, file: File) -> None:
    row = Preview.objects.filter(pk=file.blob_id).first()
    if row is None or row.state == Preview.State.MAKING:
        found.coming = True
        return
    found.preview, found.facts = row, row.facts
    found.pictures = pictures(file, row)
    if row.state == Preview.State.FAILED:
        found.failed = reason(row.error)
    if "peaks" in row.facts:
        found.wave = wave(row.facts["peaks"])
    found.noted = row.bare != Preview.Bare.NONE
    found.shown_whole = found.noted and not others.bared(file)


def _with_words(found: Look, file: File) -> None:
    row = BlobText.objects.filter(blob=file.blob_id).first()
    if row is None:
        found.coming = True
        return
    found.words = row
    if row.error:
        found.failed = found.failed or reason(row.error)
    elif found.kind != "pdf":
        found.shown = pieces.piece(file.blob, row, file.name, 0)


def reason(code: str) -> str:
    return str(REASONS.get(code, OTHER_REASON))


def pictures(file: File, row: Preview) -> dict[str, str]:
    """Addresses by ``small_webp``, ``small_avif`` and so on. Another making is at another address."""
    return {
        name.replace(".", "_"): f"{reverse('files:preview', args=[file.pk, name])}?{row.place.hex[:8]}"
        for name in row.made
    }


def thumbnails(files: Sequence[File]) -> dict[UUID, str]:
    """Addresses of small pictures of those files that have one."""
    rows = {
        row.pk: row
        for row in Preview.objects.filter(
            pk__in={file.blob_id for file in files}, state=Preview.State.READY, blob__state=Blob.State.READY
        ).only("made", "place")
        if "small.webp" in row.made
    }
    return {file.pk: pictures(file, rows[file.blob_id])["small_webp"] for file in files if file.blob_id in rows}


def picture(file: File) -> str:
    """The name of the larger picture that was made of it; empty where there is none."""
    row = Preview.objects.filter(pk=file.blob_id, state=Preview.State.READY).first() if file.blob.readable else None
    return "large.webp" if row is not None and "large.webp" in row.made else ""


def wave(peaks: list[int]) -> str:
    """The path of a waveform in a box of 600 by 100, the middle at 50."""
    if not peaks:
        return ""
    step = 600 / len(peaks)
    wide = f"{step * 0.8:.2f}"
    return "".join(
        f"M{at * step:.1f} {50 - peak / 2 - 0.5:.1f}h{wide}v{peak + 1}h-{wide}z" for at, peak in enumerate(peaks)
    )


def neighbours(viewer: User, file: File) -> tuple[File | None, File | None]:
    """The files before and after it in its folder, by name."""
    if file.trashed is not None:
        return None, None
    rows = files_of(viewer).filter(folder=file.folder_id, trashed=None)
    return rows.filter(name__lt=file.name).order_by("-name").first(), rows.filter(name__gt=file.name).order_by(
        "name"
    ).first()


def content(file: File) -> str:
    """The address of its bytes, which are served ahead of Django's. As a download: the site itself answers then, whatever it shows elsewhere."""
    return f"/files/{file.pk}/content/{quote(file.name, safe='')}?download"


def entries(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Of an archive, with what is to be known of them in words."""
    words = {"d": _("folder"), "l": _("link"), "e": _("encrypted"), "u": _("leads elsewhere")}
    return [
        {"name": name, "size": None if "d" in flags else size, "notes": [words[flag] for flag in flags if flag != "d"], "folder": "d" in flags}
        for name, size, flags in facts.get("entries", [])
    ]  # fmt: skip
