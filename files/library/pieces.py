"""Lists for programs, in pieces that go on from where the one before ended: what comes or goes meanwhile shifts nothing, and a deep piece costs
no more than the first."""

import base64
import binascii
import json
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from files.library.listing import Order
from meatlizard.errors import Invalid

_BY = {"name": Lower("name"), "size": F("size"), "changed": F("changed"), "trashed": F("trashed")}


def piece(rows: "QuerySet[Any]", order: Order, limit: int, after: str) -> tuple[list[Any], str | None]:
    """Up to ``limit`` rows behind the place ``after``, and the place for the next piece; None at the end."""
    rows = rows.annotate(by=_BY[order.by])
    if after:
        value, key = _place(after, order)
        further = "lt" if order.down else "gt"
        rows = rows.filter(Q(**{f"by__{further}": value}) | Q(by=value, pk__gt=key))
    found = list(rows.order_by("-by" if order.down else "by", "pk")[: limit + 1])
    more = found[limit - 1] if len(found) > limit else None
    return found[:limit], None if more is None else _name(order, more)


def _name(order: Order, row: Any) -> str:
    value = row.by if isinstance(row.by, str | int) else row.by.isoformat()
    return base64.urlsafe_b64encode(json.dumps([str(order), value, row.pk.hex]).encode()).decode().rstrip("=")


def _place(after: str, order: Order) -> tuple[Any, UUID]:
    """Only what :func:`_name` has made, for a list in the same order."""
    try:
        said, value, key = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        kind = {"name": str, "size": int}.get(order.by)
        if said != str(order) or (kind is not None and type(value) is not kind):
            raise ValueError
        if kind is str and ("\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value)):
            raise ValueError
        if kind is int and not 0 <= value < 2**63:
            raise ValueError
        return value if kind is not None else _moment(value), UUID(key)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise Invalid(_("`after` is not from an answer of this list."), code="after_refused") from None


def _moment(text: str) -> Any:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None or not 1 < moment.year < 9999:
        raise ValueError
    return moment
