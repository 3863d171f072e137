"""Lists of pastes: one's own and what is in them, public ones, the ones that many look at."""

import datetime
from collections.abc import Iterable

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from meatlizard.accounts.models import User
from paste.access import deleted_of, listed, pastes_of, readable, readable_by
from paste.models import File, Paste

PAGE = 30
WORDS = 8
TREND = datetime.timedelta(days=14)

Rows = QuerySet[Paste]


def own(user: User, query: str = "") -> Rows:
    """Newest first; those with all words of ``query`` in title, names, texts (of what stands in the database) or keywords."""
    rows: Rows = pastes_of(user).order_by("-created")
    return rows.filter(_with(query.split()[:WORDS])) if query.strip() else rows


def _with(words: Iterable[str]) -> Q:
    found = Q()
    for word in words:
        word = word[:100].replace("\x00", "")
        within = File.objects.filter(
            Q(name__icontains=word) | Q(text__icontains=word), paste=OuterRef("pk"), until=None, since__gt=0
        )
        open_text = Exists(within) & Q(sealed=False)
        found &= Q(title__icontains=word) | Q(slug=word) | Q(keywords__icontains=word) | open_text
    return found


def deleted(user: User) -> Rows:
    return deleted_of(user).order_by("purge_at")


def starred(user: User) -> Rows:
    return (
        readable()
        .filter(readable_by(user), starred__user=user.pk)
        .select_related("owner")
        .order_by("-starred__created")
    )


def public(order: str) -> Rows:
    """``trending``: of the last two weeks, by looks, stars and comments; else the newest."""
    rows = listed().select_related("owner")
    if order == "trending":
        heat = F("views") + 10 * F("stars") + 5 * F("comments_count")
        return rows.filter(created__gt=timezone.now() - TREND).annotate(heat=heat).order_by("-heat", "-created")
    return rows.order_by("-created")
