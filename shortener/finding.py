"""Which of a person's links a list shows."""

from dataclasses import dataclass
from typing import Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shortener.models import Link

STATES: Final = {
    "live": _("live"),
    "waiting": _("not yet"),
    "over": _("over"),
    "off": _("switched off"),
    "taken_down": _("taken down"),
}
ORDERS: Final = {
    "": ("-created", _("newest first")),
    "oldest": ("created", _("oldest first")),
    "clicks": ("-clicks", _("most clicks first")),
    "recent": ("-last_click", _("clicked last first")),
    "slug": ("slug", _("by slug")),
    "title": ("title", _("by title")),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """``text``: words that must all occur in slug, target, title or notes. ``folder``: its key, 0 for links in none. ``host``: of the
    domain, ``-`` for the site's own."""

    text: str = ""
    tag: str = ""
    folder: int | None = None
    host: str = ""
    state: str = ""


def narrowed(rows: "QuerySet[Link]", wanted: Wanted) -> "QuerySet[Link]":
    for word in wanted.text.replace("\x00", "").split()[:10]:
        rows = rows.filter(
            Q(slug__icontains=word) | Q(target__icontains=word) | Q(title__icontains=word) | Q(notes__icontains=word)
        )
    if tag := wanted.tag.replace("\x00", "").strip().lower():
        rows = rows.filter(pk__in=Link.objects.filter(tags__name=tag).values("pk"))
    if wanted.folder is not None:
        rows = rows.filter(folder=wanted.folder or None)
    if host := wanted.host.replace("\x00", "").strip().lower():
        rows = rows.filter(domain=None) if host == "-" else rows.filter(domain__host=host)
    if wanted.state:
        rows = rows.filter(_state(wanted.state))
    return rows


def state_of(link: Link) -> str:
    """One of STATES."""
    now = timezone.now()
    if link.taken_down is not None:
        return "taken_down"
    if link.disabled:
        return "off"
    if link.not_before is not None and link.not_before > now:
        return "waiting"
    spent = link.max_clicks is not None and link.passed >= link.max_clicks
    return "over" if spent or (link.not_after is not None and link.not_after <= now) else "live"


def _state(name: str) -> Q:
    now = timezone.now()
    standing = Q(taken_down=None, disabled=False)
    waiting = Q(not_before__gt=now)
    over = Q(not_after__lte=now) | Q(max_clicks__isnull=False, passed__gte=F("max_clicks"))
    early = Q(not_before=None) | Q(not_before__lte=now)
    late = (Q(not_after=None) | Q(not_after__gt=now)) & (Q(max_clicks=None) | Q(passed__lt=F("max_clicks")))
    return {
        "live": standing & early & late,
        "waiting": standing & waiting,
        "over": standing & early & over,
        "off": Q(taken_down=None, disabled=True),
        "taken_down": Q(taken_down__isnull=False),
    }.get(name, Q(pk__in=[]))
