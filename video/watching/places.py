"""Lists on pages in pieces that go on from a place: what comes meanwhile moves nothing, and a deep piece costs no more than the first."""

import base64
import binascii
import datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid

M = TypeVar("M", bound=Model)
Place: TypeAlias = tuple[datetime.datetime | int, int | UUID]


def piece(rows: "QuerySet[M]", by: str, most: int, after: Place | None, *, down: bool = True) -> tuple[list[M], str]:
    """Up to ``most`` rows behind a place in the order of ``by`` and key, and the name of the place where the next piece begins, empty at
    the end. Raises Invalid for a place in another kind of order."""
    sign, further = ("-", "lt") if down else ("", "gt")
    if after is not None:
        value, key = after
        try:
            rows = rows.filter(Q(**{f"{by}__{further}": value}) | Q(**{by: value, f"pk__{further}": key}))
        except (TypeError, ValueError):
            raise _refused() from None
    found = list(rows.order_by(f"{sign}{by}", f"{sign}pk")[: most + 1])
    return found[:most], _name(getattr(found[most - 1], by), found[most - 1].pk) if len(found) > most else ""


def after_of(request: HttpRequest) -> Place | None:
    """What ``?after=`` says. Raises Invalid for what :func:`piece` has not made."""
    return after(request.GET.get("after", ""))


def after(said: str) -> Place | None:
    """Raises Invalid for what :func:`piece` has not made."""
    if not said:
        return None
    try:
        value, _space, key = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode().partition(" ")
        number = _key(key)
        if value.isdecimal() and len(value) < 10:
            return int(value), number
        moment = parse_datetime(value)
    except (ValueError, binascii.Error):
        raise _refused() from None
    if moment is None or moment.tzinfo is None or not 1 < moment.year < 9999:
        raise _refused()
    return moment, number


def _key(text: str) -> int | UUID:
    if "-" in text:
        return UUID(text)
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError
    return number


def _name(value: Any, key: int | UUID) -> str:
    said = value.isoformat() if isinstance(value, datetime.datetime) else str(value)
    return base64.urlsafe_b64encode(f"{said} {key}".encode()).decode().rstrip("=")


def _refused() -> Invalid:
    return Invalid(_("This place is not from a list of this site. Begin at the top."), code="after_refused")
