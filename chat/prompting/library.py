"""Finding prompts: the library's pages, and the list that opens behind ``/`` in the composer."""

from collections.abc import Iterable
from typing import Any, Literal, get_args

from django.db.models import Case, Count, Q, QuerySet, When

from chat.models import Prompt
from chat.prompting.access import readable
from chat.prompting.variables import clean
from meatlizard.accounts.models import User

Whose = Literal["", "mine", "site", "shared"]
WHOSE: tuple[str, ...] = get_args(Whose)

MENU = 20
"""Items of the composer's list."""

LOOKED_AT = 300
"""Prompts of which the best matching are chosen: the viewer's own, then the site's, then what others share, so that nobody who shares
hundreds hides what is there.
"""

MAX_QUERY = 100


def found(viewer: User, query: str = "", category: str = "", whose: str = "") -> "QuerySet[Prompt]":
    """What the viewer may read, in order of categories; each word of ``query`` in title, hint, command or category."""
    rows = readable(viewer)
    if whose == "mine":
        rows = rows.filter(owner=viewer.pk)
    elif whose == "site":
        rows = rows.filter(owner=None)
    elif whose == "shared":
        rows = rows.filter(owner__isnull=False, shared=True).exclude(owner=viewer.pk)
    if category:
        rows = rows.filter(category=clean(category))
    for word in clean(query)[:MAX_QUERY].split():
        word = word.lstrip("/") or word
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(hint__icontains=word)
            | Q(command__icontains=word)
            | Q(category__icontains=word)
        )
    return rows.defer("text")


def categories(viewer: User) -> list[tuple[str, int]]:
    """Names of categories with something for the viewer in them, and how much."""
    rows = readable(viewer).exclude(category="").order_by("category").values_list("category")
    return list(rows.annotate(count=Count("pk")))


def menu(viewer: User, query: str) -> list[dict[str, Any]]:
    """The best matches for the composer's list. Of one command the viewer's own comes first and hides the site's, which hides what
    others share.
    """
    query = clean(query)[:MAX_QUERY].strip().lower()
    near = Case(When(owner=viewer.pk, then=0), When(owner=None, then=1), default=2)
    rows = found(viewer, query).order_by(near, "category", "title", "pk")[:LOOKED_AT]
    ranked = sorted(rows, key=lambda row: (_fit(row, query), _nearness(viewer, row), row.title.lower(), row.created))
    return [_item(row) for row in _first_of_each_command(viewer, ranked)][:MENU]


def _first_of_each_command(viewer: User, rows: Iterable[Prompt]) -> list[Prompt]:
    rows = list(rows)
    nearest: dict[str, Prompt] = {}
    for row in sorted(rows, key=lambda row: (_nearness(viewer, row), row.created)):
        nearest.setdefault(row.command, row)
    return [row for row in rows if nearest[row.command] is row]


def _nearness(viewer: User, row: Prompt) -> int:
    if row.owner_id == viewer.pk:
        return 0
    return 1 if row.owner_id is None else 2


def _fit(row: Prompt, query: str) -> int:
    if row.command == query:
        return 0
    if row.command.startswith(query):
        return 1
    return 2 if row.title.lower().startswith(query) else 3


def _item(row: Prompt) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "command": row.command,
        "title": row.title,
        "hint": f"/{row.command} · {row.hint}" if row.hint else f"/{row.command}",
        "variables": row.variables,
    }
