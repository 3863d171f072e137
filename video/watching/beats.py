"""What a player tells of itself every few seconds, and who may tell it.

A player is given a signed session with its page, and sends it along: what a page of another site or a guest with another session could make
up is refused. The signature carries the moment at which it was given: nobody has watched more than what has passed since.
"""

import datetime
import json
import math
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Final

from django.core import signing
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meatlizard.errors import Invalid

SALT: Final = "video.watching"
VALID: Final = datetime.timedelta(days=3)
"""A page that has been open for longer tells nothing any more before it is opened anew."""

MOST_BYTES: Final = 8_192
MOST_RANGES: Final = 64

Seconds = Annotated[float, Field(ge=-1e9, le=1e9)]


class Beat(BaseModel):
    """``watched``: pieces since the last one, in seconds of the video."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    session: Annotated[str, Field(max_length=400)]
    position: Seconds = 0.0
    watched: Annotated[list[tuple[Seconds, Seconds]], Field(max_length=MOST_RANGES)] = []
    height: Annotated[int, Field(ge=0, le=100_000)] = 0
    rate: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """Of one page: ``person`` is nought for guests. ``began``: when the page was given away."""

    video: str
    person: int
    key: str
    referrer: str
    began: datetime.datetime


def sign(video: str, person: int | None, referrer: str = "") -> str:
    """``video``: the hexadecimal key."""
    return signing.dumps([video, person or 0, secrets.token_hex(12), referrer], salt=SALT)


def opened(signed: str, video: str) -> Session:
    """Raises Invalid for what this site has not signed for this video, or too long ago."""
    signer = signing.TimestampSigner(salt=SALT)
    try:
        found = signer.unsign_object(signed, serializer=signing.JSONSerializer, max_age=VALID)
        began = signing.b62_decode(signed.rsplit(":", 2)[1])
        of, person, key, referrer = found
    except (signing.BadSignature, ValueError, TypeError, IndexError):
        raise _refused() from None
    if of != video:
        raise _refused()
    return Session(of, person, key, referrer, datetime.datetime.fromtimestamp(began, datetime.UTC))


def read(body: bytes) -> Beat:
    """Raises Invalid."""
    if len(body) > MOST_BYTES:
        raise Invalid(_("This is longer than what a player tells."), code="beat_too_long")
    try:
        return Beat.model_validate(json.loads(body, parse_constant=_no_number))
    except (ValidationError, ValueError, RecursionError):
        raise Invalid(_("This is not what a player tells."), code="beat_bad") from None


def _no_number(name: str) -> Any:
    raise ValueError(name)


def usable_rate(rate: float) -> float:
    """Within what the player offers: time on the clock is time of the video by it."""
    return min(4.0, max(0.25, rate)) if math.isfinite(rate) else 1.0


def _refused() -> Invalid:
    return Invalid(_("This page has been open for too long, or is not of this site. Load it anew."), code="session_bad")
