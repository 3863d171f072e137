"""What operators do with routes. Whatever changes is in force in every process within seconds."""

import re
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from chat.models import Reply, Route, RouteExample, Routing
from chat.personas.patterns import Unusable, compiled
from chat.routes import shipped, table
from meatlizard.errors import Invalid

MOST_ROUTES = 40
"""Each is told to the model that chooses, and stands in a menu."""

MOST_ALIASES, MOST_TOOLS, MOST_PATTERNS = 20, 100, 50

_ALIAS = re.compile(r"[^@\s][^\s]{0,99}")


def ship() -> None:
    """Makes the routes that come with the site, each once: one that was deleted does not come back."""
    with transaction.atomic():
        row, _made = Routing.objects.get_or_create(pk=1)
        row = Routing.objects.select_for_update().get(pk=1)
        new = [one for one in shipped.ROUTES if one.key not in row.shipped]
        if not new:
            return
        there = set(Route.objects.values_list("key", flat=True))
        Route.objects.bulk_create(
            Route(
                key=one.key, name=one.name, description=one.description, position=10 * (number + 1),
                temperature=one.temperature, thinking=one.thinking, calls=one.calls, prompt=one.prompt,
            )
            for number, one in enumerate(shipped.ROUTES) if one in new and one.key not in there
        )  # fmt: skip
        row.shipped = [*row.shipped, *(one.key for one in new)]
        row.save(update_fields=["shipped"])
        table.changed()


def switch(on: bool, *, similarity: bool = True, judge: str = "") -> None:
    """Whether the site chooses routes at all, and by which stages after the rules."""
    ship()
    with transaction.atomic():
        Routing.objects.filter(pk=1).update(enabled=on, similarity=similarity, judge=judge)
        table.changed()


def remember(whose: str, hours: int = 24) -> None:
    """Whether known answers are given again: off, of the same person (own), or of everybody (all). Switching it off forgets all."""
    with transaction.atomic():
        Routing.objects.get_or_create(pk=1)
        Routing.objects.filter(pk=1).update(remember=whose, remember_hours=hours)
        if whose == Routing.Remember.OFF:
            Reply.objects.all().delete()
        table.changed()


def check(route: Route) -> None:
    """Puts its lists into form. Raises Invalid, in words, for what cannot be a route."""
    route.aliases = _each(route.aliases, MOST_ALIASES, _("models"))
    if not all(_ALIAS.fullmatch(alias) for alias in route.aliases):
        raise Invalid(_("A name of a model has no blanks, and at most 100 characters."), code="model_unknown")
    route.tools = None if route.tools is None else _each(route.tools, MOST_TOOLS, _("tools"))
    route.patterns = _each(route.patterns, MOST_PATTERNS, _("patterns"))
    for text in route.patterns:
        _checked(text)


def save(route: Route) -> Route:
    """A new one, or changes. Raises Invalid."""
    check(route)
    with transaction.atomic():
        # Counted and made one at a time.
        Routing.objects.get_or_create(pk=1)
        Routing.objects.select_for_update().get(pk=1)
        if route.pk is None and Route.objects.count() >= MOST_ROUTES:
            raise Invalid(_("There are as many routes as may be. Delete one first."), code="too_many")
        route.save()
        table.changed()
    return route


def delete(routes: Iterable[Route]) -> None:
    """With their examples. Answers keep the names of the routes they took."""
    with transaction.atomic():
        Route.objects.filter(pk__in=[route.pk for route in routes]).delete()
        table.changed()


def change_examples(changed: Sequence[RouteExample], deleted: Sequence[RouteExample]) -> None:
    with transaction.atomic():
        for row in deleted:
            row.delete()
        for row in changed:
            row.text = " ".join(row.text.split())
            row.save()
        table.changed()


def _each(texts: Sequence[str], most: int, what: str) -> list[str]:
    """Each once, without blanks around and without empty ones."""
    found = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if len(found) > most:
        raise Invalid(_("At most %(most)s %(what)s fit here.") % {"most": most, "what": what}, code="too_many")
    return found


def _checked(text: str) -> None:
    try:
        pattern = compiled(text, False)
    except Unusable as error:
        raise Invalid(f"{text}: {error}", code="pattern_bad") from None
    if pattern.found_in(b""):
        raise Invalid(
            _("%(pattern)s matches the empty text, and so everything.") % {"pattern": text}, code="pattern_empty"
        )
