"""What each process remembers of the routes, so that choosing one costs no query."""

import logging
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import F

from chat.models.routes import Route as Row
from chat.models.routes import RouteExample, Routing
from chat.personas.patterns import Pattern, Unusable, compiled
from chat.routes import shipped
from meatlizard.ops.watched import Watched

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """One that is enabled. ``tools``: names of those allowed, None for whatever is allowed anyway."""

    key: str
    name: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    temperature: float | None = None
    thinking: str = ""
    tools: tuple[str, ...] | None = None
    calls: int = 2
    collections: tuple[UUID, ...] = ()
    prompt: str = ""
    max_tokens: int | None = None
    window: int | None = None
    patterns: tuple[Pattern, ...] = field(default=(), compare=False)
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """``routes`` in their order; none while routing is off. ``similarity``: questions are compared with examples; ``judge``: alias of the
    model that is asked where that leaves doubts, empty for none. ``remember``: whether known answers are given again, see
    :mod:`chat.routes.replies`."""

    version: int = -1
    on: bool = False
    similarity: bool = True
    judge: str = ""
    remember: str = "off"
    remember_hours: int = 24
    routes: tuple[Route, ...] = ()

    def get(self, key: str) -> Route | None:
        return next((route for route in self.routes if route.key == key), None)

    @property
    def usual(self) -> Route | None:
        """For what fits nowhere else: the general route or, without it, the last one."""
        return self.get(shipped.GENERAL) or (self.routes[-1] if self.routes else None)


OFF = Table()


def _version() -> int:
    return Routing.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def changed() -> None:
    """To be called in the transaction that changes a route, an example, or the routing itself."""
    Routing.objects.get_or_create(pk=1)
    Routing.objects.filter(pk=1).update(version=F("version") + 1)
    watched.changed()


def read(*, anyway: bool = False) -> Table:
    """As it is in the database; with ``anyway`` also while routing is off, for who tries it."""
    row = Routing.objects.filter(pk=1).first() or Routing()
    if not (row.enabled or anyway):
        return Table(row.version, remember=row.remember, remember_hours=row.remember_hours)
    examples: dict[int, list[str]] = {}
    for route, text in RouteExample.objects.filter(route__enabled=True).values_list("route", "text"):
        examples.setdefault(route, []).append(text)
    rows = Row.objects.filter(enabled=True)
    routes = tuple(_route(one, examples.get(one.pk, [])) for one in rows)
    return Table(row.version, row.enabled, row.similarity, row.judge, row.remember, row.remember_hours, routes)


def _route(row: Row, own: list[str]) -> Route:
    shipped_ones = shipped.examples(row.key) if row.shipped_examples else ()
    return Route(
        key=row.key, name=row.name, description=row.description, aliases=tuple(row.aliases),
        temperature=row.temperature, thinking=row.thinking, tools=None if row.tools is None else tuple(row.tools),
        calls=row.calls, collections=tuple(map(UUID, row.collections)), prompt=row.prompt.strip(), max_tokens=row.max_tokens, window=row.window,
        patterns=tuple(_patterns(row)), examples=(*shipped_ones, *own),
    )  # fmt: skip


def _patterns(row: Row) -> list[Pattern]:
    found = []
    for text in row.patterns:
        try:
            found.append(compiled(text, False))
        except Unusable as error:
            # Saved before a newer version became stricter: the others must go on.
            log.error("routes.pattern_unusable", extra={"route": row.key, "reason": str(error)})
    return found


watched: Watched[Table] = Watched(_version, read)
"""What this process remembers."""
