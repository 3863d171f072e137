"""Verbs of operators about hosts: domains of links, lists of blocked hosts, known hosts."""

import datetime
import logging
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.security.fetch import Fetcher
from shortener import blocking, targets
from shortener.access import require_moderator
from shortener.changes import EVERYTHING, changed
from shortener.details import domain_hosts
from shortener.models import BlockedHost, BlockList, Domain, KnownHost

log = logging.getLogger(__name__)

MOST_BYTES: Final = 60_000_000
SECONDS: Final = 120.0
CHUNK: Final = 5_000
READ_AGAIN: Final = datetime.timedelta(hours=20)
"""Processes ask for it when they begin, and daily: a site that is restarted often must not be a burden to who keeps a list."""


def save_domain(by: User, domain: Domain) -> None:
    """A new domain of links, or a changed one. Its name server must lead here, and the front server must know it. Raises Invalid."""
    require_moderator(by)
    check_domain(domain)
    with transaction.atomic():
        domain.save()
        changed(EVERYTHING)


def check_domain(domain: Domain) -> None:
    """Puts its host and addresses into the form in which they are stored. Raises Invalid."""
    domain.host = whole_host(domain.host)
    if domain.host in targets.own_hosts():
        raise Invalid(_("This is the site's own address: its links stand below %s.") % targets.PREFIX, code="own_host")
    others = domain_hosts() | {domain.host}
    for name in ("home", "not_found"):
        address = getattr(domain, name).strip()
        setattr(domain, name, targets.read(address, others).url if address else "")


def delete_domain(by: User, domain: Domain) -> None:
    """Raises Invalid while links stand there."""
    require_moderator(by)
    with transaction.atomic():
        if domain.links.exists():
            raise Invalid(_("There are links at this domain. Delete them first."), code="domain_in_use")
        domain.delete()
        changed(EVERYTHING)


def save_known_host(by: User, row: KnownHost) -> None:
    """From now on links lead there without a word of warning."""
    require_moderator(by)
    row.host = whole_host(row.host)
    with transaction.atomic():
        row.save()
        changed(EVERYTHING)


def forget_host(by: User, row: KnownHost) -> None:
    require_moderator(by)
    with transaction.atomic():
        row.delete()
        changed(EVERYTHING)


def save_list(by: User, block_list: BlockList) -> None:
    require_moderator(by)
    with transaction.atomic():
        block_list.save()
        changed(EVERYTHING)


def delete_list(by: User, block_list: BlockList) -> None:
    require_moderator(by)
    with transaction.atomic():
        block_list.delete()
        changed(EVERYTHING)


def update_all(fetcher: Fetcher | None = None) -> int:
    """Reads every list that has an address and was not read lately; how many could be read."""
    due = Q(updated=None) | Q(updated__lt=timezone.now() - READ_AGAIN)
    return sum(update_list(one, fetcher) for one in BlockList.objects.filter(due, enabled=True).exclude(url=""))


def update_list(block_list: BlockList, fetcher: Fetcher | None = None) -> bool:
    """Fetches a list through the guarded fetcher and takes over what is in it. One that cannot be read, or is empty, changes nothing but
    what the list says of it.
    """
    try:
        fetched = (fetcher or Fetcher(most=MOST_BYTES, seconds=SECONDS)).get(block_list.url)
        wanted = set(islice(blocking.hosts_in(fetched.body.decode("utf-8", "replace")), blocking.MAX_HOSTS))
        if not wanted:
            raise Invalid(_("There are no hosts in it."))
    except AppError as error:
        BlockList.objects.filter(pk=block_list.pk).update(trouble=error.message[:300])
        log.warning("shortener.block_list_unreadable", extra={"list": block_list.pk, "code": error.code})
        return False
    take_over(block_list, wanted)
    return True


def take_over(block_list: BlockList, wanted: set[str]) -> None:
    """Makes ``wanted`` all that is on the list."""
    there = set(block_list.hosts.values_list("host", flat=True))
    gone, new = iter(there - wanted), iter(wanted - there)
    with transaction.atomic():
        while some := list(islice(gone, CHUNK)):
            block_list.hosts.filter(host__in=some).delete()
        while some := list(islice(new, CHUNK)):
            rows = [BlockedHost(list=block_list, host=host) for host in some]
            BlockedHost.objects.bulk_create(rows, ignore_conflicts=True)
        BlockList.objects.filter(pk=block_list.pk).update(updated=timezone.now(), size=len(wanted), trouble="")
        if there != wanted:
            changed(EVERYTHING)


def whole_host(text: str) -> str:
    """As it is stored. Raises Invalid."""
    host = targets.ascii_host(text.strip())
    if "." not in host and ":" not in host:
        raise Invalid(_("Give a whole host name."), code="host_bad")
    return host
