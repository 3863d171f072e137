"""The lease of the bot: of all the processes of a site one runs it."""

import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from discordbridge.models import BotLease


def take(owner: str, seconds: float) -> bool:
    """Takes or extends it. False while another holds it."""
    now = timezone.now()
    until = now + datetime.timedelta(seconds=seconds)
    mine = BotLease.objects.filter(Q(owner=owner) | Q(until__lt=now))
    if mine.update(owner=owner, until=until):
        return True
    if BotLease.objects.exists():
        return False
    try:
        with transaction.atomic():
            BotLease.objects.create(owner=owner, until=until)
    except IntegrityError:
        return False
    return True


def give_back(owner: str) -> None:
    BotLease.objects.filter(owner=owner).update(owner="", until=timezone.now())


def note_alive() -> None:
    """The bot is connected: what is written now reaches it."""
    BotLease.objects.update(alive=timezone.now())


def last_alive() -> datetime.datetime | None:
    """What was written after that may not have reached it. None: it has never been connected."""
    return BotLease.objects.values_list("alive", flat=True).first()


def commands_known() -> str:
    """Digest of the commands that were last told to Discord."""
    return BotLease.objects.values_list("commands", flat=True).first() or ""


def commands_told(digest: str) -> None:
    now = timezone.now()
    BotLease.objects.update_or_create(defaults={"commands": digest}, create_defaults={"commands": digest, "until": now})


def holder() -> str:
    """Who runs the bot now; "" when nobody does."""
    row = BotLease.objects.filter(until__gte=timezone.now()).first()
    return row.owner if row else ""
