"""The time zone that a person's browser last told."""

import zoneinfo

from django.utils.translation import gettext as _

from chat.models import PersonZone
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid

UTC = "UTC"


def zone_of(user: User) -> str:
    """UTC where nothing is known, or nothing any more."""
    name = PersonZone.objects.filter(user=user.pk).values_list("zone", flat=True).first()
    return name if name and known(name) else UTC


def remember(user: User, zone: str) -> None:
    """Raises Invalid for what is no zone."""
    if not known(zone):
        raise Invalid(_("There is no time zone of this name. Names are like Europe/Paris."), code="zone_unknown")
    PersonZone.objects.update_or_create(user=user, defaults={"zone": zone})


def known(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return len(name) <= PersonZone.MOST and name.isascii() and name.isprintable()
