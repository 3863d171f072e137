"""Dates in HTTP headers, as nginx reads them (``ngx_parse_http_time``): three forms, the name of the day and the zone unread."""

import calendar
import re
from email.utils import formatdate
from typing import Final

_MONTH: Final = r"(?P<month>[JFMASOND]..)"
_TIME: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_FORMS: Final = tuple(
    re.compile(form, re.ASCII | re.DOTALL)
    for form in (
        # Tue, 10 Nov 2002 23:50:13
        rf"[^, ]*, *(?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME}",
        # Tuesday, 10-Dec-02 23:50:13
        rf"[^, ]*, *(?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME}",
        # Tue Dec 10 23:50:13 2002
        rf"[^, ]* +{_MONTH}. ?(?P<day>\d\d?) {_TIME} (?P<year>\d{{4}})",
    )
)
_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def read(text: str) -> int | None:
    """Seconds since 1970; None for what is no date."""
    found = next((match for form in _FORMS if (match := form.match(text))), None)
    if found is None:
        return None
    month, day, year = _month(found["month"]), int(found["day"]), int(found["year"])
    if len(found["year"]) == 2:
        year += 2000 if year < 70 else 1900
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"])
    if hour > 23 or minute > 59 or second > 59 or day > _DAYS[month]:
        return None
    if (day, month) == (29, 1) and not calendar.isleap(year):
        return None
    # Counted from the first of the month, as nginx does: day 0 is the one before.
    try:
        first = calendar.timegm((year, month + 1, 1, hour, minute, second, 0, 0, 0))
    except ValueError:
        return None
    return first + (day - 1) * 86_400


def written(stamp: float) -> str:
    return formatdate(int(stamp), usegmt=True)


def _month(name: str) -> int:
    """0 to 11, by the letters that nginx looks at."""
    initial, second, third = name[0], name[1], name[2]
    if initial == "J":
        return 0 if second == "a" else 5 if third == "n" else 6
    if initial == "M":
        return 2 if third == "r" else 4
    if initial == "A":
        return 3 if second == "p" else 7
    return {"F": 1, "S": 8, "O": 9, "N": 10, "D": 11}[initial]
