"""Verbs of notices."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import NoticeChoice
from chat.telling import mail
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound


def choose(user: User, *, by_mail: bool) -> NoticeChoice:
    """Raises Invalid where the site sends no mail, or has no confirmed address of this person's."""
    if by_mail and not settings.HAS_MAIL:
        raise Invalid(_("This site sends no mail."), code="no_mail")
    if by_mail and not mail.address_of(user):
        raise Invalid(_("Confirm your e-mail address first."), code="no_address")
    now = timezone.now()
    with transaction.atomic():
        # Who chooses has a page open.
        values = {"by_mail": by_mail, "page_seen": now}
        return NoticeChoice.objects.update_or_create(user=user, defaults=values)[0]


def stop(token: str) -> None:
    """Ends letters to the person whom ``token`` names. Raises NotFound for one that was not made here."""
    person = mail.person_of(token)
    if person is None:
        raise NotFound(_("This link does not work. You can end these letters on the page Notices of your account."))
    with transaction.atomic():
        NoticeChoice.objects.filter(user=person).update(by_mail=False)


def page_open(user: int) -> None:
    """A page of this person's is open. Writes only for those who want letters."""
    with transaction.atomic():
        NoticeChoice.objects.filter(user=user, by_mail=True).update(page_seen=timezone.now())
