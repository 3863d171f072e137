"""What is measured of accounts."""

from collections.abc import Iterable

from django.db.models import Count, Q

from meatlizard.accounts.models import User
from meatlizard.metrics.readings import Found, reading


def register() -> None:
    reading("accounts", _accounts, ("accounts", "Accounts that may sign in, or may not.", ("state",)))


def _accounts() -> Iterable[Found]:
    counted = User.objects.aggregate(active=Count("pk", filter=Q(is_active=True)), all=Count("pk"))
    yield Found("accounts", counted["active"], ("active",))
    yield Found("accounts", counted["all"] - counted["active"], ("inactive",))
