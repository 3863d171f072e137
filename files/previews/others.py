"""What others than its owner get of a file: of images a copy without what their cameras noted, unless the owner wants them to have all."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from files.models import BareCopy, Blob, File, Preview, ShownWhole
from files.previews import actions, kinds
from files.previews.making.bare import SUFFIXES
from meatlizard.errors import AppError, Unavailable


class NoCopy(AppError):
    """There is no copy that could be given away."""

    status = 409
    default_code = "no_bare_copy"


@dataclass(frozen=True, slots=True)
class Served:
    blob: Blob
    name: str


def bared(file: File) -> bool:
    """Whether others get another content than the owner has."""
    return file.media_type in kinds.BARED and not ShownWhole.objects.filter(file=file.pk).exists()


def of(file: File, blob: Blob | None = None) -> Served:
    """The content that others get in the place of ``blob``, which is that of the file if none is given, and under which name. Raises Unavailable while it is not made yet, NoCopy where it
    cannot be made: then the original is not given out in its place."""
    blob = blob or file.blob
    if blob.media_type not in kinds.BARED or not bared(file):
        return Served(blob, file.name)
    preview = Preview.objects.filter(pk=blob.pk).exclude(state=Preview.State.MAKING).first()
    if preview is None:
        actions.wanted(blob, file.name)
        raise Unavailable(
            _("A copy of this picture without what its camera noted is being made. Try again in a moment."),
            code="bare_copy_coming",
        )
    if preview.bare == Preview.Bare.NONE:
        return Served(blob, file.name)
    copy = BareCopy.objects.select_related("blob").filter(original=blob.pk).first()
    if copy is None:
        raise NoCopy(
            _("No copy of this picture could be made without what its camera noted, so only its owner gets it.")
        )
    return Served(copy.blob, _named(file.name, blob, copy.blob))


def _named(name: str, blob: Blob, copy: Blob) -> str:
    suffix = SUFFIXES.get(copy.media_type, "")
    if copy.media_type == blob.media_type or not suffix:
        return name
    stem, dot, _old = name.rpartition(".")
    return f"{stem if dot and stem else name}.{suffix}"
