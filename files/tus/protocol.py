"""What requests of tus 1.0.0 say, and what must be answered to those that say it wrong. Without I/O.

Numbers of bytes are whole and not negative everywhere; names of headers are in small letters.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from meatlizard.errors import AppError, Invalid

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

VERSION: Final = "1.0.0"
EXTENSIONS: Final = (
    "creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "termination", "concatenation",
)  # fmt: skip
"""Not ``checksum-trailer``: the interface between web server and program has no trailers of requests."""

ALGORITHMS: Final[dict[str, Callable[[], Any]]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}
CONTENT_TYPE: Final = "application/offset+octet-stream"
MAX_BYTES: Final = 2**53
"""Beyond this numbers are not exact in a browser."""

MAX_METADATA: Final = 8_000
MAX_PARTS: Final = 100
"""Each is an open file while they are put together, and a process has not many of those."""

PARTIAL: Final = "partial"

Headers: TypeAlias = Mapping[str, str]

_NUMBER = re.compile(r"\d{1,16}", re.ASCII)
_KEY = re.compile(r"[!-+\--~]+")
"""Visible ASCII without the comma."""


class Refused(AppError):
    """A refusal that tus names. ``headers``: what it has to be said with."""

    def __init__(self, message: str = "", *, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, code=code)
        self.headers = dict(headers or {})


class WrongVersion(Refused):
    status: ClassVar[int] = 412
    default_code = "tus_version"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy(
        "This site speaks version 1.0.0 of tus: send “Tus-Resumable: 1.0.0”."
    )


class WrongMethod(Refused):
    status: ClassVar[int] = 405
    default_code = "method_not_allowed"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy("Nothing can be done with this address in this way.")


class WrongContentType(Refused):
    status: ClassVar[int] = 415
    default_code = "content_type"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy(
        "Bytes of an upload come as “Content-Type: application/offset+octet-stream”."
    )


class WrongOffset(Refused):
    status: ClassVar[int] = 409
    default_code = "offset"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy(
        "The site has another part of this upload than the one you go on from. Ask it first."
    )


class WrongChecksum(Refused):
    status: ClassVar[int] = 460
    default_code = "checksum"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy(
        "What arrived is not what was sent. Send this piece again."
    )


class TooLong(Refused):
    status: ClassVar[int] = 413
    default_code = "too_large"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy("This is longer than was said when the upload began.")


class Ended(Refused):
    status: ClassVar[int] = 410
    default_code = "upload_gone"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy(
        "This upload was given up, or nobody went on with it in time. Begin anew."
    )


class TakesNoBytes(Refused):
    status: ClassVar[int] = 403
    default_code = "final_upload"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy(
        "This upload is put together of others, and takes no bytes."
    )


class Locked(Refused):
    status: ClassVar[int] = 423
    default_code = "upload_busy"
    default_message: ClassVar["StrOrPromise"] = gettext_lazy(
        "Another request is sending bytes of this upload. Try again in a moment."
    )

    def __init__(self, message: str = "", *, seconds: int = 1) -> None:
        super().__init__(message, headers={"retry-after": str(seconds)})


@dataclass(frozen=True, slots=True)
class Checksum:
    algorithm: str
    digest: bytes

    def new(self) -> Any:
        return ALGORITHMS[self.algorithm]()

    def fits(self, data: bytes | bytearray) -> bool:
        computed = self.new()
        computed.update(data)
        return bool(computed.digest() == self.digest)


@dataclass(frozen=True, slots=True)
class Creation:
    """``length`` None: not known yet, or (with ``parts``) the sum of the parts. ``body``: bytes come with it."""

    length: int | None
    metadata: str
    partial: bool
    parts: tuple[str, ...]
    concat: str
    body: bool
    checksum: Checksum | None


@dataclass(frozen=True, slots=True)
class Piece:
    """``length``: of the whole upload, where this request tells it; ``size``: bytes that come, None when that is not announced."""

    offset: int
    length: int | None
    size: int | None
    checksum: Checksum | None


def check_version(headers: Headers) -> None:
    """Raises WrongVersion."""
    if headers.get("tus-resumable") != VERSION:
        raise WrongVersion(headers={"tus-version": VERSION})


def options(most: int | None) -> dict[str, str]:
    """``most``: bytes of the longest upload, None without a limit of the site."""
    said = {
        "tus-version": VERSION,
        "tus-extension": ",".join(EXTENSIONS),
        "tus-checksum-algorithm": ",".join(ALGORITHMS),
    }
    return said if most is None else said | {"tus-max-size": str(most)}


def read_creation(headers: Headers, size: int | None) -> Creation:
    """``size``: of the body, None when it is not announced. Raises Invalid, WrongContentType, TooLong."""
    metadata = headers.get("upload-metadata", "")
    read_metadata(metadata)
    concat, parts = _concatenation(headers)
    length = _number(headers, "upload-length")
    deferred = headers.get("upload-defer-length")
    if deferred is not None and deferred != "1":
        raise Invalid(_("“Upload-Defer-Length” is 1, or is not sent."), code="defer_length")
    if parts:
        if length is not None or deferred is not None:
            raise Invalid(
                _("An upload of parts is as long as they are together: send no length."), code="length_of_parts"
            )
    elif (length is None) == (deferred is None):
        raise Invalid(
            _("Say how long the upload is, or that it is not known yet, and one of the two."), code="length_missing"
        )
    body = size is None or size > 0
    if body and parts:
        raise Invalid(_("An upload that is put together of others takes no bytes."), code="bytes_with_parts")
    if body:
        _check_content_type(headers)
        if length is not None and size is not None and size > length:
            raise TooLong
    return Creation(length, metadata, concat == PARTIAL, parts, concat, body, read_checksum(headers) if body else None)


def read_piece(headers: Headers, size: int | None) -> Piece:
    """Raises Invalid, WrongContentType."""
    _check_content_type(headers)
    offset = _number(headers, "upload-offset")
    if offset is None:
        raise Invalid(_("Say from which byte you go on: “Upload-Offset”."), code="offset_missing")
    return Piece(offset, _number(headers, "upload-length"), size, read_checksum(headers))


def read_checksum(headers: Headers) -> Checksum | None:
    """Raises Invalid for one that is unknown or not readable."""
    told = headers.get("upload-checksum")
    if told is None:
        return None
    algorithm, _space, encoded = told.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise Invalid(
            _("The site knows these checksums: {known}.").format(known=", ".join(ALGORITHMS)), code="checksum_unknown"
        )
    digest = _decoded(encoded.strip())
    if digest is None or len(digest) != ALGORITHMS[algorithm]().digest_size:
        raise Invalid(_("The checksum cannot be read."), code="checksum_unreadable")
    return Checksum(algorithm, digest)


def read_metadata(header: str) -> dict[str, bytes]:
    """Raises Invalid where keys are empty or come twice, or values are no Base64."""
    if len(header) > MAX_METADATA:
        raise Invalid(_("There is too much “Upload-Metadata”."), code="metadata_too_long")
    found: dict[str, bytes] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _space, encoded = pair.strip(" ").partition(" ")
        value = _decoded(encoded.strip(" "))
        if not _KEY.fullmatch(key) or key in found or value is None:
            raise Invalid(_("“Upload-Metadata” cannot be read."), code="metadata_unreadable")
        found[key] = value
    return found


def texts(metadata: str) -> dict[str, str]:
    """Values that are text; what is none is as if it were not there."""
    found = {}
    for key, value in read_metadata(metadata).items():
        try:
            found[key] = value.decode()
        except UnicodeDecodeError:
            continue
    return found


def expires(moment: datetime) -> str:
    """As HTTP writes dates."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _concatenation(headers: Headers) -> tuple[str, tuple[str, ...]]:
    told = headers.get("upload-concat", "").strip()
    if not told or told == PARTIAL:
        return told, ()
    kind, _semicolon, listed = told.partition(";")
    parts = tuple(listed.split())
    if kind.strip() != "final" or not parts or len(parts) > MAX_PARTS:
        raise Invalid(_("“Upload-Concat” cannot be read."), code="concat_unreadable")
    return told, parts


def _check_content_type(headers: Headers) -> None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise WrongContentType


def _number(headers: Headers, name: str) -> int | None:
    told = headers.get(name)
    if told is None:
        return None
    if not _NUMBER.fullmatch(told) or int(told) > MAX_BYTES:
        raise Invalid(_("“{header}” is a number of bytes.").format(header=name.title()), code="number_unreadable")
    return int(told)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
