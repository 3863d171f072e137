"""Announcements that a reader has put away in this browser: their numbers in a cookie that the page's script writes."""

import re
from typing import Final

from django.http import HttpRequest

from meatlizard.control.announcing import standing
from meatlizard.control.state import Notice

COOKIE: Final = "put-away"
_NUMBERS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,99}")


def announcements(request: HttpRequest) -> list[Notice]:
    """Those that the page of this reader shows now."""
    said = request.COOKIES.get(COOKIE, "")
    away = {int(one) for one in said.split(".")} if _NUMBERS.fullmatch(said) else set()
    return [one for one in standing() if not (one.dismissible and one.number in away)]
