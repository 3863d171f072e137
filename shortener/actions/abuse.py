"""Verbs of moderators: take down by link, host or person, block hosts; and of anybody who reports a link."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.moderation.actions import audit, reports
from meatlizard.moderation.models import Case
from shortener.access import require_moderator
from shortener.actions.hosts import whole_host
from shortener.actions.links import SERVICE, target_of
from shortener.changes import EVERYTHING, changed, key_of
from shortener.models import BlockedHost, BlockList, Link
from shortener.models.hosts import BY_HAND

MAX_REASON = 500


def take_down(by: User, link: Link, why: str) -> None:
    """Nobody gets through any more, and its owner sees why. What leads nowhere already stays as it was."""
    require_moderator(by)
    with transaction.atomic():
        _take_down(Link.objects.filter(pk=link.pk), _reason(why))
        audit.record(by, "link down", target_of(link), person=link.owner_id, reason=why)
        changed(key_of(link))


def restore(by: User, link: Link) -> None:
    """Ends a take-down."""
    require_moderator(by)
    with transaction.atomic():
        Link.objects.filter(pk=link.pk).update(taken_down=None, taken_down_why="", updated=timezone.now())
        audit.record(by, "link restored", target_of(link), person=link.owner_id)
        changed(key_of(link))


def take_down_person(by: User, person: User, why: str) -> int:
    """All links of a person; how many."""
    require_moderator(by)
    with transaction.atomic():
        count = _take_down(Link.objects.filter(owner=person), _reason(why))
        audit.record(by, "links down", "", person=person.pk, after={"links": count}, reason=why)
        changed(EVERYTHING)
    return count


def take_down_host(by: User, host: str, why: str) -> int:
    """All links to a host and what lies below it, and none can be made; how many there were. :func:`unblock_host` lets new ones be made;
    links that were taken down stay so.
    """
    require_moderator(by)
    host = whole_host(host)
    with transaction.atomic():
        block_list = BlockList.objects.get_or_create(name=BY_HAND)[0]
        BlockedHost.objects.get_or_create(list=block_list, host=host)
        BlockList.objects.filter(pk=block_list.pk).update(size=block_list.hosts.count(), updated=timezone.now())
        below = Link.objects.filter(host=host) | Link.objects.filter(host__endswith="." + host)
        count = _take_down(below, _reason(why))
        audit.record(by, "host blocked", host[:120], after={"links": count}, reason=why)
        changed(EVERYTHING)
    return count


def unblock_host(by: User, host: str) -> bool:
    """Takes a host off the list that is kept by hand; False when it was not on it."""
    require_moderator(by)
    host = whole_host(host)
    with transaction.atomic():
        gone = BlockedHost.objects.filter(list__name=BY_HAND, host=host).delete()[0] > 0
        if gone:
            audit.record(by, "host unblocked", host[:120])
            changed(EVERYTHING)
    return gone


def report(link: Link, reporter: User | None, address: str, reason: str, comment: str = "") -> Case:
    """Puts a link before the moderators, in the queue of all reports. Raises as :func:`meatlizard.moderation.actions.reports.report`."""
    return reports.report(
        reporter, address, service=SERVICE, target=target_of(link), text=_shown(link), reason=reason, comment=comment,
        owner=link.owner_id,
    )  # fmt: skip


def by_decision(link: int) -> bool:
    """A moderator confirmed a report: the link is taken down. In the caller's transaction; False when it is gone."""
    row = Link.objects.select_related("domain").filter(pk=link).first()
    if row is None:
        return False
    _take_down(Link.objects.filter(pk=link), _("A moderator confirmed a report."))
    changed(key_of(row))
    return True


def text_of(link: int) -> str | None:
    """What moderators read of a link."""
    row = Link.objects.filter(pk=link).first()
    return None if row is None else _shown(row)


def _shown(link: Link) -> str:
    return "\n".join(filter(None, (link.slug, link.target, link.title)))


def _take_down(links: QuerySet[Link], why: str) -> int:
    """In one order: two moderators, and whoever stores clicks, would wait for each other in a circle otherwise."""
    now = timezone.now()
    standing = links.filter(taken_down=None)
    list(standing.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    return int(standing.update(taken_down=now, taken_down_why=why, updated=now))


def _reason(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not text:
        raise Invalid(_("Give a reason: the person reads it."), code="reason_empty")
    return text[:MAX_REASON]
