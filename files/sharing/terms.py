"""On what terms something is shared, as its owner asks for them, and what of that goes together."""

import datetime
from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from files.models.shares import Audience
from meatlizard.errors import Invalid
from meatlizard.security.passwords import MAX_PASSWORD

MAX_TITLE: Final = 200
MAX_DOWNLOADS: Final = 1_000_000
MAX_PEOPLE: Final = 100
MAX_ENTRIES: Final = 500
MIN_PASSWORD: Final = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """``password`` None: as it was; empty: none. ``people``: names of members."""

    title: str = ""
    audience: str = Audience.LINK
    people: tuple[str, ...] = ()
    password: str | None = None
    expires: datetime.datetime | None = None
    max_downloads: int | None = None
    view_only: bool = False
    notify: bool = False


def check(terms: Terms, *, guessable: bool, locked: bool) -> None:
    """``guessable``: somebody chose the words of the address; ``locked``: it has a password afterwards. Raises Invalid."""
    if terms.audience not in Audience.values:
        raise Invalid(_("Choose who may have it."), code="audience_bad")
    if terms.audience == Audience.PEOPLE and not terms.people:
        raise Invalid(_("Name at least one person who may have it."), code="nobody_named")
    if len(terms.people) > MAX_PEOPLE:
        raise Invalid(_("At most %(most)s people can be named.") % {"most": MAX_PEOPLE}, code="too_many_people")
    check_password(terms.password)
    check_expiry(terms.expires)
    if terms.max_downloads is not None and not 1 <= terms.max_downloads <= MAX_DOWNLOADS:
        raise Invalid(
            _("The number of downloads lies between 1 and %(most)s.") % {"most": MAX_DOWNLOADS}, code="downloads_bad"
        )
    if terms.view_only and terms.max_downloads is not None:
        raise Invalid(
            _("What may only be looked at has no downloads to count. Choose one of the two."), code="nothing_to_count"
        )
    if guessable and not locked and terms.audience == Audience.LINK:
        raise Invalid(
            _("An address of chosen words can be guessed. Give it a password, or name who may have it."),
            code="unguarded",
        )


def check_password(password: str | None) -> None:
    if password and not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Invalid(
            _("A password has %(least)s to %(most)s characters.") % {"least": MIN_PASSWORD, "most": MAX_PASSWORD},
            code="password_bad",
        )


def check_expiry(moment: datetime.datetime | None) -> None:
    if moment is not None and moment <= timezone.now():
        raise Invalid(_("Its end lies in the past."), code="expired")


def tidy(text: str, most: int = MAX_TITLE) -> str:
    return " ".join(text.replace("\x00", "").split())[:most]
