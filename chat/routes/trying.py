"""What each stage says to a question, for operators who try one."""

import asyncio
import time
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from chat.routes import judging, rules, similar, table
from chat.routes.decisions import Decision
from chat.routes.rules import Question
from chat.routes.similar import Examples
from chat.routes.table import Table
from meatlizard.vectors import embedding

LEARN_SECONDS = 20.0
"""For the vectors of all examples, where they are not there yet."""

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
    known, question = table.read(anyway=True), Question(text, images)
    found = [_by_rules(known, question)]
    if known.similarity:
        found.append(async_to_sync(_by_likeness)(known, question))
    if known.judge:
        found.append(async_to_sync(_by_model)(known, question))
    return found


def _by_rules(known: Table, question: Question) -> Said:
    began = time.perf_counter()
    found = rules.guess(question, known.routes)
    taken = (time.perf_counter() - began) * 1000
    route = known.get(found.route) if found else None
    if found is None or route is None:
        return Said(_("Rules"), "", 0.0, False, _("Nothing speaks for any route."), taken)
    why = Decision.of(route, "rules", found.signal).reason()
    return Said(_("Rules"), route.name, found.confidence, found.sure, why, taken)


_examples = Examples()
"""Apart from those that questions are compared with: routes may be tried before they are switched on."""


async def _by_likeness(known: Table, question: Question) -> Said:
    stage = _("Likeness to examples")
    try:
        async with asyncio.timeout(LEARN_SECONDS):
            await _examples.learn(known)
        began = time.perf_counter()
        _vector, likeness = await _examples.like(question)
    except (embedding.Unavailable, TimeoutError):
        return Said(stage, "", 0.0, False, _("Nothing turns texts into vectors now."), 0.0)
    ranked = similar.weighed(likeness, rules.guess(question, known.routes))
    taken = (time.perf_counter() - began) * 1000
    (share, key), second = ranked[0], ranked[1][0] if len(ranked) > 1 else 0.0
    route = known.get(key)
    told = ", ".join(
        f"{cosine:.2f} {key}" for cosine, key in sorted(((v, k) for k, v in likeness.items()), reverse=True)
    )
    return Said(stage, route.name if route else key, share, share - second >= similar.CLEAR, told, taken)


async def _by_model(known: Table, question: Question) -> Said:
    began = time.perf_counter()
    (key,) = await judging.judge(known, [question])
    taken = (time.perf_counter() - began) * 1000
    route = known.get(key) if key else None
    if route is None:
        return Said(_("Model"), "", 0.0, False, _("It did not answer in time."), taken)
    return Said(_("Model"), route.name, 0.0, True, known.judge, taken)
