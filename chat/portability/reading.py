"""What reading other programs' archives has in common: nothing in them is where it should be for sure."""

import datetime
import math
from collections.abc import Mapping
from typing import Any, Literal, overload

from django.utils import timezone
from django.utils.translation import gettext
from pydantic import ValidationError

from chat.portability.form import Talk, Turn, checked, writable
from chat.titles import title_from_question
from meatlizard.errors import Invalid

MILLISECONDS_FROM = 1e11
"""Seconds would mean the year 5138."""

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def entry(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def text_of(value: Any) -> str:
    return writable(value) if isinstance(value, str) else ""


@overload
def moment(value: Any) -> datetime.datetime | None: ...
@overload
def moment(value: Any, *, always: Literal[True]) -> datetime.datetime: ...
def moment(value: Any, *, always: bool = False) -> datetime.datetime | None:
    """Seconds or milliseconds since 1970, or ISO 8601. None (with ``always`` 1970) for anything else and for the future."""
    found: datetime.datetime | None = None
    try:
        if isinstance(value, str):
            found = datetime.datetime.fromisoformat(value)
            found = found.replace(tzinfo=datetime.UTC) if found.tzinfo is None else found.astimezone(datetime.UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
            found = EPOCH + datetime.timedelta(seconds=value / 1000 if value > MILLISECONDS_FROM else value)
    except (ValueError, OverflowError):
        found = None
    if found is not None and not EPOCH <= found <= timezone.now() + datetime.timedelta(days=1):
        found = None
    return EPOCH if found is None and always else found


def foreign_talk(
    key: Any,
    title: Any,
    created: datetime.datetime | None,
    updated: datetime.datetime | None,
    turns: Mapping[str, Turn],
    head: str | None,
) -> Talk:
    """The conversation of another program. Its model is none of ours, and is not asked for. Raises Invalid."""
    if not isinstance(key, str) or not key:
        raise Invalid(gettext("It has no id, so it could not be told from a second copy of itself."))
    rows = list(turns.values())
    question = next((turn.content for turn in rows if turn.role == "user"), "")
    named = " ".join(text_of(title).split())[:200]
    last = max(turn.created for turn in rows)
    try:
        # Built anew: joined pieces may be longer than either was.
        return checked(
            Talk(
                id=key, title=named or title_from_question(question), title_by_owner=bool(named),
                created=created or rows[0].created, updated=max(updated or last, created or last),
                messages=[turn.model_dump() for turn in rows],
                head=head if head in turns else rows[-1].id,
            )
        )  # fmt: skip
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]["msg"]
        raise Invalid(gettext("It is not as it should be: {fault}.").format(fault=fault)[:300]) from None
