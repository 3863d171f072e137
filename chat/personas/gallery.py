"""Lists of personas as pages show them: searched, and with what a card of the gallery needs."""

import json
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from chat.models import Persona, PersonaVersion
from chat.personas.access import Viewer, may_change, own_personas, readable, shared_personas
from chat.personas.cast import USER
from chat.personas.macros import expanded
from meatlizard.accounts.models import User

PAGE = 48
MENU = 20
HINT = 140
_SHOWN = ("name", "nickname", "description", "creator_notes", "tags", "avatar_id", "number")


class Shown(NamedTuple):
    """A persona as the viewer sees it."""

    persona: Persona
    version: PersonaVersion
    mine: bool

    @property
    def avatar(self) -> str:
        return avatar_url(self.persona.pk, self.version)

    @property
    def hint(self) -> str:
        return hint(self.version)


def own(viewer: User, query: str = "", tag: str = "", page: int = 1) -> tuple[list[Shown], bool]:
    """The viewer's, the newest first; and whether there are more."""
    return _page(viewer, own_personas(viewer), "current", query, tag, page)


def shared(viewer: Viewer, query: str = "", tag: str = "", page: int = 1) -> tuple[list[Shown], bool]:
    """Of others, what they show the viewer."""
    return _page(viewer, shared_personas(viewer), "published", query, tag, page)


def awaiting_review(reviewer: User) -> list[Shown]:
    """What reviewers are to look at, the longest waiting first. For who may change every persona."""
    rows = Persona.objects.select_related("current", "published").filter(state=Persona.State.IN_REVIEW, removed=None)
    found = _small(rows).order_by("updated")[:PAGE]
    return [Shown(row, row.current, row.owner_id == reviewer.pk) for row in found if row.current is not None]


def _page(
    viewer: Viewer, rows: "QuerySet[Persona]", version: str, query: str, tag: str, page: int
) -> tuple[list[Shown], bool]:
    start = (max(1, page) - 1) * PAGE
    found = list(_small(rows.filter(_matching(version, query, tag)))[start : start + PAGE + 1])
    return [_shown(viewer, row) for row in found[:PAGE]], len(found) > PAGE


def menu(viewer: User, query: str) -> list[dict[str, Any]]:
    """For the composer's list: own ones first."""
    mine = list(_small(own_personas(viewer).filter(_matching("current", query, "")))[:MENU])
    others = _small(shared_personas(viewer).filter(_matching("published", query, "")))
    rows = [*mine, *others[: MENU - len(mine)]] if len(mine) < MENU else mine
    return [_item(_shown(viewer, row)) for row in rows]


def _item(shown: Shown) -> dict[str, Any]:
    return {
        "id": str(shown.persona.pk), "title": shown.version.called, "hint": shown.hint,
        "avatar": shown.avatar,
    }  # fmt: skip


def _small(rows: "QuerySet[Persona]") -> "QuerySet[Persona]":
    names = [f"{version}__{name}" for version in ("current", "published") for name in _SHOWN]
    own_names = ("owner", "visibility", "state", "updated", "current", "published")
    return rows.only(*own_names, *(name.replace("avatar_id", "avatar") for name in names)).order_by("-updated", "-pk")


def _shown(viewer: Viewer, row: Persona) -> Shown:
    mine = viewer.is_authenticated and row.owner_id == viewer.pk
    version = row.current if mine else row.published
    assert version is not None
    return Shown(row, version, mine)


def _matching(version: str, query: str, tag: str) -> Q:
    condition = Q()
    for word in query.split()[:10]:
        condition &= (
            Q(**{f"{version}__name__icontains": word})
            | Q(**{f"{version}__nickname__icontains": word})
            | Q(**{f"{version}__creator_notes__icontains": word})
            | Q(**{f"{version}__description__icontains": word})
            | Q(**{f"{version}__tags__icontains": _in_json(word)})
        )
    if tag:
        # Tags are stored as JSON, in which only the ends of a text have a bare quotation mark.
        condition &= Q(**{f"{version}__tags__icontains": f'"{_in_json(tag)}"'})
    return condition


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def tags(shown: list[Shown]) -> list[str]:
    """Those of the personas shown, the most frequent first."""
    counts: dict[str, int] = {}
    for one in shown:
        for tag in one.version.tags:
            counts[tag] = counts.get(tag, 0) + 1
    return sorted(counts, key=lambda tag: (-counts[tag], tag.casefold()))[:30]


def hint(version: PersonaVersion) -> str:
    """One line about a character, for people."""
    names = {"char": version.called, "user": USER}
    text = " ".join(expanded(version.creator_notes or version.description, names).split())
    return text if len(text) <= HINT else text[: HINT - 1].rstrip() + "…"


def avatar_url(persona: UUID, version: PersonaVersion, size: str = "small") -> str:
    """Another address for another picture, so that browsers may keep them."""
    mark = version.avatar_id.hex[:8] if version.avatar_id else "figure"
    return f"{reverse('chat:persona-avatar', args=[persona])}?size={size}&picture={mark}"


def known_to(viewer: Viewer, persona: Persona | None) -> bool:
    """Whether the viewer may still open the persona's page."""
    return persona is not None and (may_change(viewer, persona) or readable(viewer).filter(pk=persona.pk).exists())
