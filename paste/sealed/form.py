"""What is sealed, as it travels: PrivateBin's format version 2, and what this site adds to it. Pure: JSON text in, checked values out.

``adata`` says how a paste was sealed and is authenticated with it as ``JSON.stringify(adata)``: without blanks, with ``/`` as it is. Readers
compute over that text, so it is written down again exactly so.
"""

import base64
import binascii
import json
import zlib
from typing import Annotated, Any, Literal, TypeVar

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from meatlizard.errors import Invalid, TooLarge

VERSION = 2
LEAST_ITERATIONS, MOST_ITERATIONS = 10_000, 10_000_000
"""Of PBKDF2. Above, the creator of a paste could keep its readers' browsers busy for minutes."""

IV_BYTES, SALT_BYTES = range(8, 17), range(8, 11)
AROUND = 8_192
"""Characters of a request beside its sealed text, at most."""

MAX_COMMENT = 20_000
"""Characters of a sealed comment."""

MAX_VIEWS = 1_000
MAX_PARTS = 4_096
SEEN_BYTES = 65_536
"""So much of a sealed text is tried for compressing: sealed text is noise, and does not get smaller."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
Flag = Annotated[int, Field(ge=0, le=1)]
Cipher = tuple[
    str, str, int, Literal[128, 192, 256], Literal[64, 96, 128], Literal["aes"], Literal["gcm"], Literal["zlib", "none"]
]
Expire = Literal["5min", "10min", "1hour", "1day", "1week", "1month", "1year", "never"]
SECONDS: dict[str, int | None] = {
    "5min": 300, "10min": 600, "1hour": 3_600, "1day": 86_400, "1week": 604_800, "1month": 2_592_000, "1year": 31_536_000, "never": None,
}  # fmt: skip


Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Meta(Strict):
    expire: Expire = "1week"


class Site(Strict):
    """What this site's own page adds, which PrivateBin's clients do not send.

    ``guard``: SHA-256 of a proof that only who can unseal the paste can compute; ``classic``: PrivateBin's clients, who have no such proof, may
    read it as well; ``views``: it is gone after so many; ``recipient``: who gives the proof may delete it; ``password``: the page is to ask
    for one; ``parts``: so many parts of large files follow it, see :mod:`paste.sealed.parts`.
    """

    guard: Digest | None = None
    classic: bool = True
    views: Annotated[int, Field(ge=1, le=MAX_VIEWS)] | None = None
    recipient: bool = False
    password: bool = False
    parts: Annotated[int, Field(ge=1, le=MAX_PARTS)] | None = None


class NewPaste(Strict):
    v: Literal[2]
    adata: tuple[Cipher, Literal["plaintext", "syntaxhighlighting", "markdown"], Flag, Flag]
    ct: str
    meta: Meta = Meta()
    site: Site = Site()


class NewComment(Strict):
    v: Literal[2]
    adata: Cipher
    ct: str
    pasteid: Key
    parentid: Key
    proof: Digest | None = None


class Deletion(Strict):
    """By whoever has the token, or, where the creator allows it, whoever can read."""

    pasteid: Key
    deletetoken: Annotated[str, StringConstraints(max_length=128)] | None = None
    proof: Digest | None = None


class Opening(Strict):
    pasteid: Key
    proof: Digest


def read(body: bytes, most: int) -> NewPaste | NewComment | Deletion:
    """What a client sent. Raises Invalid, or TooLarge where its sealed text cannot but have more than ``most`` characters."""
    if len(body) > most + AROUND:
        raise too_large(most)
    sent = _object(body)
    if "deletetoken" in sent or ("pasteid" in sent and "ct" not in sent):
        return _checked(Deletion, body)
    return _checked(NewComment, body) if "pasteid" in sent else _checked(NewPaste, body)


def opening(body: bytes) -> Opening:
    return _checked(Opening, body)


def _checked(kind: type[Model], body: bytes) -> Model:
    try:
        # From JSON: among Python's own values a list is no tuple, and True is 1.
        return kind.model_validate_json(body)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"][:3])
        message = _("The request is not a paste of format version 2: look at “%s”.") % place[:80]
        raise Invalid(message, code="bad_paste") from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid(_("The request is not JSON."), code="bad_paste") from None
    if not isinstance(sent, dict):
        raise Invalid(_("The request is not a JSON object."), code="bad_paste")
    return sent


def as_sealed(adata: Any, ct: str) -> str:
    """``adata`` as it was authenticated. Raises Invalid where it and ``ct`` cannot be of a sealed text."""
    cipher = adata[0] if isinstance(adata[0], tuple) else adata
    _check_cipher(cipher)
    raw = _bytes(ct, "ct")
    if len(raw) <= cipher[4] // 8:
        raise Invalid(_("The sealed text is empty."), code="bad_paste")
    start = raw[:SEEN_BYTES]
    if len(zlib.compress(start, 1)) < len(start):
        raise Invalid(
            _("This text is not sealed: encrypted text cannot be compressed, and this can."), code="not_sealed"
        )
    return json.dumps(adata, separators=(",", ":"))


def _check_cipher(cipher: Cipher) -> None:
    if not LEAST_ITERATIONS < cipher[2] <= MOST_ITERATIONS:
        raise Invalid(_("The number of iterations is out of range."), code="bad_paste")
    if len(_bytes(cipher[0], "iv")) not in IV_BYTES or len(_bytes(cipher[1], "salt")) not in SALT_BYTES:
        raise Invalid(_("The initialisation vector or the salt has a wrong length."), code="bad_paste")


def _bytes(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # There is more than one way to write the same bytes down, and clients authenticate what is written.
    if not raw or base64.b64encode(raw).decode() != text:
        raise Invalid(_("“%s” is not base64.") % what, code="bad_paste")
    return raw


def too_large(most: int) -> TooLarge:
    return TooLarge(_("Sealed, this may have at most %s.") % filesizeformat(most))
