"""What time it is: models know only when they were trained."""

import zoneinfo
from functools import cache
from typing import Annotated

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from chat.tools import zones
from chat.tools.registry import Call, Result, tool
from meatlizard.errors import Invalid
from meatlizard.threads import in_database, in_thread

MOST_LIKE_IT = 8


@tool(title=gettext_lazy("Date and time"), seconds=5)
async def current_time(
    call: Call,
    zone: Annotated[
        str,
        Field(
            max_length=60, description="For example Europe/Paris, or the name of a city. Empty: where the person is."
        ),
    ] = "",
) -> Result:
    """Tells the date, the day of the week and the time now, in a time zone."""
    if zone.strip():
        name = await in_thread(found, zone)
    else:
        name = await in_database(zones.zone_of, call.user)
    now = timezone.now().astimezone(zoneinfo.ZoneInfo(name))
    offset = now.strftime("%z")
    text = f"{now:%A}, {now.date().isoformat()}, {now:%H:%M:%S} in {name} (UTC{offset[:3]}:{offset[3:]}), week {now.isocalendar().week}"
    return Result(text, shown=f"{now.date().isoformat()} {now:%H:%M} {name}")


def found(said: str) -> str:
    """The zone that is meant by a name of it or of its city. Raises Invalid."""
    wanted = "_".join(said.split()).casefold()
    names = _names()
    if wanted in names:
        return names[wanted]
    cities = [name for key, name in names.items() if key.rpartition("/")[2] == wanted]
    if len(cities) == 1:
        return cities[0]
    like = cities or sorted(name for key, name in names.items() if wanted.rpartition("/")[2][:4] in key)
    if not like:
        raise Invalid(_("There is no time zone of this name. Names are like Europe/Paris."), code="zone_unknown")
    raise Invalid(
        _("There is no time zone of this name. Is one of these meant? %(names)s")
        % {"names": ", ".join(like[:MOST_LIKE_IT])},
        code="zone_unknown",
    )


@cache
def _names() -> dict[str, str]:
    """Reads a thousand files, once."""
    return {name.casefold(): name for name in sorted(zoneinfo.available_timezones() | {"UTC"})}
