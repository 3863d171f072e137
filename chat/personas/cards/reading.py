"""JSON of strangers, read within limits."""

import json
import math
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from meatlizard.errors import Invalid

MAX_JSON = 4_000_000
"""Bytes of a card or lorebook."""

MAX_PARTS = 200_000
"""Lists and objects in it: each takes many times the memory of the two characters that make an empty one."""

MAX_DEPTH = 100


def damaged(why: str = "") -> Invalid:
    return Invalid(why or _("The card in this file is damaged."), code="card_damaged")


def loads(data: bytes | str) -> Any:
    """Raises Invalid for what is not JSON, or too much of it."""
    if len(data) > MAX_JSON:
        said = {"most": MAX_JSON // 1_000_000}
        raise Invalid(_("A card holds at most %(most)s MB of text.") % said, code="card_too_large")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise damaged(_("The card in this file is not text in UTF-8.")) from None
    if text.count("[") + text.count("{") > MAX_PARTS:
        raise Invalid(_("This card holds more parts than a character can."), code="card_too_large")
    try:
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise damaged(_("The card in this file is not JSON, or is cut off.")) from None
    _check_depth(value)
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


def _too_deep() -> Invalid:
    return Invalid(_("This card is nested too deeply."), code="card_too_deep")


def _check_depth(value: Any) -> None:
    level = [value]
    for _depth in range(MAX_DEPTH):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise _too_deep()
