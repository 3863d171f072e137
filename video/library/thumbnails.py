"""The picture of a video: one of the frames that were taken of it, or one that its owner gives.

``Video.thumbnail`` is ``{"frames": [names], "upload": name or "", "chosen": name}``. Frames lie in the video's present place, below
``thumbnail/``, and are others when it is made anew; what was given lies beside the places, and stays. Whoever takes
frames chooses the first time, and leaves what was given as it is.
"""

import io
import secrets
import warnings
from typing import IO, Final, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from meatlizard.errors import Invalid, NotFound
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
    known = video.thumbnail or {}
    if not name or name not in names_of(video):
        raise Invalid(_("This picture is not there any more. Choose another one."), code="thumbnail")
    _write(video, known | {"chosen": name})


def give(video: Video, file: IO[bytes]) -> None:
    """A picture of the owner's, encoded anew: nothing of the file is ever served. Raises Invalid."""
    picture = _decoded(file.read(MAX_BYTES + 1))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85, method=4)
    name = f"upload-{secrets.token_hex(6)}.webp"
    known = video.thumbnail or {"frames": []}
    default_storage.save(_stored(video, name), ContentFile(out.getvalue()))
    before = known.get("upload", "")
    _write(video, known | {"upload": name, "chosen": name})
    if before:
        default_storage.delete(_stored(video, before))


def names_of(video: Video) -> list[str]:
    known = video.thumbnail or {}
    return [*known.get("frames", []), *([known["upload"]] if known.get("upload") else [])]


def opened(video: Video, name: str) -> IO[bytes]:
    """Raises NotFound."""
    if name in names_of(video):
        try:
            return cast(IO[bytes], default_storage.open(_stored(video, name)))
        except FileNotFoundError:
            pass
    raise NotFound(_("There is no such picture."), code="no_such_picture")


def _stored(video: Video, name: str) -> str:
    given = name.startswith("upload-")
    return f"{video.folder}/thumbnail/{name}" if given else video.storage_name(f"thumbnail/{name}")


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
