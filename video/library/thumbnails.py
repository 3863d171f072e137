"""The picture of a video: one of the frames that were taken of it, or one that its owner gives. What is said of them, and where they lie,
:mod:`video.pictures` has.
"""

import io
import secrets
import warnings
from typing import IO, Final, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from meatlizard.errors import Invalid, NotFound
from video import pictures
from video.making import keeping
from video.models import Video

MAX_BYTES: Final = 8_000_000
MAX_PIXELS: Final = 40_000_000
WIDTH: Final = 1280
HEIGHT: Final = 720
FORMATS: Final = ("PNG", "JPEG", "WEBP")
NAME: Final = r"[a-z0-9][a-z0-9.-]{0,60}\.(?:jpg|webp)"
TYPES: Final = {"jpg": "image/jpeg", "webp": "image/webp"}


def choose(video: Video, name: str) -> None:
    """One of those there are. Raises Invalid."""
    with transaction.atomic():
        row = _locked(video)
        if not name or name not in names_of(row):
            raise Invalid(_("This picture is not there any more. Choose another one."), code="thumbnail")
        _write(row, {**(row.thumbnail or {}), "chosen": name})
    video.thumbnail = row.thumbnail


def give(video: Video, file: IO[bytes]) -> None:
    """A picture of the owner's, encoded anew: nothing of the file is ever served. Raises Invalid, DiskFull, Unreachable."""
    picture = _decoded(file.read(MAX_BYTES + 1))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85, method=4)
    name = f"upload-{secrets.token_hex(6)}.webp"
    with keeping.told():
        default_storage.save(_stored(video, name), ContentFile(out.getvalue()))
    with transaction.atomic():
        row = _locked(video)
        before = (row.thumbnail or {}).get("upload", "")
        _write(row, pictures.with_upload(row.thumbnail, name))
    video.thumbnail = row.thumbnail
    if before:
        keeping.delete(_stored(video, before))


def names_of(video: Video) -> list[str]:
    return pictures.names(video.thumbnail)


def opened(video: Video, name: str) -> IO[bytes]:
    """Raises NotFound, Unreachable."""
    if name in names_of(video):
        try:
            with keeping.told():
                return cast(IO[bytes], default_storage.open(_stored(video, name)))
        except FileNotFoundError:
            pass
    raise NotFound(_("There is no such picture."), code="no_such_picture")


def _stored(video: Video, name: str) -> str:
    given = name.startswith("upload-")
    return f"{video.folder}/thumbnail/{name}" if given else video.storage_name(f"thumbnail/{name}")


def _locked(video: Video) -> Video:
    """As it is now: its frames may have been taken since the page was shown."""
    row = Video.objects.select_for_update(of=("self",), no_key=True).filter(pk=video.pk).first()
    if row is None:
        raise NotFound(_("There is no such picture."), code="no_such_picture")
    return row


def _write(video: Video, said: dict[str, object]) -> None:
    video.thumbnail = said
    video.save(update_fields=["thumbnail"])


def _decoded(data: bytes) -> Image.Image:
    if len(data) > MAX_BYTES:
        raise Invalid(
            _("A picture has at most %(most)s MB.") % {"most": MAX_BYTES // 1_000_000}, code="picture_too_large"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened_:
                if opened_.width * opened_.height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                opened_.draft("RGB", (WIDTH, HEIGHT))
                picture = ImageOps.exif_transpose(opened_).convert("RGB")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        said = {"most": MAX_PIXELS // 1_000_000}
        raise Invalid(_("A picture has at most %(most)s million pixels.") % said, code="picture_too_large") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Invalid(
            _("This picture cannot be read. Give a PNG, JPEG or WebP file that is whole."), code="picture_unreadable"
        ) from None
    picture.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return picture
