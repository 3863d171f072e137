"""What others than its owner get of a file: of images a copy without what their cameras noted, unless the owner wants them to have all."""

import copy
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from files.models import BareCopy, Blob, File, Preview, ShownWhole
from files.previews import actions, kinds
from meatlizard.errors import AppError, Unavailable


class NoCopy(AppError):
    """There is no copy that could be given away."""

    status = 409
    default_code = "no_bare_copy"


def bared(file: File) -> bool:
    """Whether others get another content than the owner has."""
    return kinds.bared(file.media_type) and not ShownWhole.objects.filter(file=file.pk).exists()


def given(file: File) -> File:
    """``file`` as others get it: a row that is never saved, with another blob, size, type and name where need be. Raises Unavailable while the
    copy is not made yet, NoCopy where it cannot be made: then the original is not given out in its place."""
    found = given_of([file])
    if file.pk not in found:
        raise NoCopy(
            _("No copy of this picture could be made without what its camera noted, so only its owner gets it.")
        )
    return found[file.pk]


def given_of(files: Sequence[File]) -> dict[UUID, File]:
    """The same for many, with as many queries; those of which no copy can be made are left out. Raises Unavailable while one is not made yet."""
    asked = {file.pk: file for file in files if kinds.bared(file.media_type) and file.blob.readable}
    found = {file.pk: file for file in files if file.pk not in asked}
    if not asked:
        return {file.pk: file for file in files}
    blobs = {file.blob_id for file in asked.values()}
    whole = set(ShownWhole.objects.filter(file__in=asked).values_list("file", flat=True))
    known = dict(Preview.objects.filter(pk__in=blobs).exclude(state=Preview.State.MAKING).values_list("pk", "bare"))
    copies = {row.pk: row.blob for row in BareCopy.objects.filter(pk__in=blobs).select_related("blob")}
    coming = [file for key, file in asked.items() if key not in whole and file.blob_id not in known]
    for file in coming:
        actions.wanted(file.blob, file.name)
    if coming:
        raise Unavailable(
            _("A copy without what its camera noted is being made. Try again in a moment."), code="bare_copy_coming"
        )
    for key, file in asked.items():
        if key in whole or known[file.blob_id] == Preview.Bare.NONE:
            found[key] = file
        elif file.blob_id in copies:
            found[key] = _in_place(file, copies[file.blob_id])
    # In the order in which they came: it is that of whoever asks for parts of them.
    return {file.pk: found[file.pk] for file in files if file.pk in found}


def _in_place(file: File, blob: Blob) -> File:
    row = copy.copy(file)
    row.name, row.size, row.media_type = _named(file.name, file.media_type, blob.media_type), blob.size, blob.media_type
    row.blob = blob
    return row


def _named(name: str, before: str, after: str) -> str:
    suffix = kinds.SUFFIXES.get(after, "")
    if before == after or not suffix:
        return name
    stem, dot, _old = name.rpartition(".")
    return f"{stem if dot and stem else name}.{suffix}"
