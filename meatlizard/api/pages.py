"""Lists in pieces. ``?limit=`` says how many, ``?after=`` where the piece before ended: ``next`` of its answer, null at the end."""

import base64
import binascii
import datetime
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Schema

from meatlizard.errors import Invalid

T = TypeVar("T")
M = TypeVar("M", bound=Model)

Limit = Annotated[int, Query(ge=1, le=200, description=gettext_noop("How many at most."))]
After = Annotated[
    str, Query(max_length=200, description=gettext_noop("`next` of the answer before; empty for the first."))
]


class Piece(Schema, Generic[T]):
    items: list[T]
    next: str | None


def piece(rows: "QuerySet[M]", limit: int, after: str, by: str = "created") -> dict[str, Any]:
    """Newest first by ``by`` and key, in an answer of the form of :class:`Piece`. What is added meanwhile moves nothing, and a deep piece
    costs no more than the first."""
    rows = rows.order_by(f"-{by}", "-pk")
    if after:
        moment, key = _place(after)
        try:
            rows = rows.filter(Q(**{f"{by}__lt": moment}) | Q(**{by: moment, "pk__lt": key}))
        except (ValueError, TypeError, OverflowError):
            raise _not_a_place() from None
    found = list(rows[: limit + 1])
    more = found[limit - 1] if len(found) > limit else None
    return {"items": found[:limit], "next": None if more is None else _name(getattr(more, by), more.pk)}


def _name(moment: datetime.datetime, key: Any) -> str:
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {key}".encode()).decode().rstrip("=")


def _place(after: str) -> tuple[datetime.datetime, int]:
    """Only what :func:`_name` has made, and numbers as keys that a database can compare."""
    try:
        moment, _space, key = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode().partition(" ")
        parsed, number = parse_datetime(moment), int(key)
    except (ValueError, binascii.Error):
        raise _not_a_place() from None
    if parsed is None or parsed.tzinfo is None or not 0 <= number < 2**63:
        raise _not_a_place()
    return parsed, number


def _not_a_place() -> Invalid:
    return Invalid(_("`after` is not from an answer of this list."), code="after_refused")
