"""What each stage says to a question, for operators who try one."""

import time
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chat.routes import rules, table
from chat.routes.decisions import Decision
from chat.routes.rules import Question
from chat.routes.table import Table

MOST = 64_000
"""Characters of a question."""


@dataclass(frozen=True, slots=True)
class Said:
    """``sure``: it would decide, and no later stage be asked. ``why``: in a sentence."""

    stage: str
    route: str
    confidence: float
    sure: bool
    why: str
    milliseconds: float


def stages(text: str, images: int = 0) -> list[Said]:
    """By the routes as they are stored, also while routing is off."""
    known = table.read(anyway=True)
    return [_by_rules(known, Question(text, images))]


def _by_rules(known: Table, question: Question) -> Said:
    began = time.perf_counter()
    found = rules.guess(question, known.routes)
    taken = (time.perf_counter() - began) * 1000
    route = known.get(found.route) if found else None
    if found is None or route is None:
        return Said(_("Rules"), "", 0.0, False, _("Nothing speaks for any route."), taken)
    why = Decision.of(route, "rules", found.signal).reason()
    return Said(_("Rules"), route.name, found.confidence, found.sure, why, taken)
