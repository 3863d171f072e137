"""Routes that rules alone cannot decide, chosen in the site's turn: by likeness to examples, then by a model, else the best guess so far."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chat.models import Conversation, Generation
from chat.personas import stage
from chat.preparing import Answer, Preparing, Step
from chat.routes import decisions, judging, rules, similar, table
from chat.routes.choosing import first_of, sampling_of
from chat.routes.decisions import Decision
from chat.routes.remembered import Kept, memory
from chat.routes.rules import Guess, Question
from chat.routes.shipped import VISION
from chat.routes.similar import examples
from chat.routes.table import Table
from chat.tools import offering
from meatlizard.threads import in_database
from meatlizard.vectors import embedding
from meatlizard.vectors.vector import Vector

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Case:
    """A question while it goes through the stages. ``ranked``: routes with their share of certainty."""

    question: Question
    said: Guess | None
    vector: Vector | None = None
    ranked: Sequence[tuple[float, str]] = ()
    kept: Kept | None = None
    judged: bool = False

    @property
    def clear(self) -> bool:
        first, second = [*(share for share, _ in self.ranked), 0.0, 0.0][:2]
        return bool(self.ranked) and first - second >= similar.CLEAR


async def decide(known: Table, questions: Sequence[Question]) -> list[Kept]:
    """A decision for each, whatever fails or is late. What was decided before costs nothing."""
    cases = [Case(one, rules.guess(one, known.routes)) for one in questions]
    for case in cases:
        case.kept = memory.exact(known.version, case.question)
    open_ = [case for case in cases if case.kept is None]
    await asyncio.gather(*(_compare(known, case) for case in open_))
    unclear = [case for case in open_ if case.kept is None and not case.clear]
    for at in range(0, len(unclear), judging.TOGETHER):
        await _judge(known, unclear[at : at + judging.TOGETHER])
    return [case.kept or _settle(known, case) for case in cases]


async def _compare(known: Table, case: Case) -> None:
    if not known.similarity:
        return
    try:
        case.vector, likeness = await examples.like(case.question)
    except embedding.Unavailable:
        return
    # What is asked about an image without one is asked of nobody who sees.
    there = {key: one for key, one in likeness.items() if known.get(key) and (case.question.images or key != VISION)}
    if there:
        case.ranked = similar.weighed(there, case.said)
    case.kept = memory.near(known.version, case.vector)


async def _judge(known: Table, cases: Sequence[Case]) -> None:
    if not cases:
        return
    for case, key in zip(cases, await judging.judge(known, [case.question for case in cases]), strict=True):
        if key is not None:
            share = next((share for share, ranked in case.ranked if ranked == key), 0.0)
            case.kept, case.judged = Kept(key, "model", known.judge, share), True
            memory.keep(known.version, case.question, case.kept, case.vector)


def _settle(known: Table, case: Case) -> Kept:
    """The best guess of what was found."""
    if case.ranked:
        share, key = case.ranked[0]
        kept = Kept(key, "similarity", "", share)
        memory.keep(known.version, case.question, kept)
        return kept
    if case.said is not None:
        return Kept(case.said.route, "rules", case.said.signal, case.said.confidence)
    usual = known.usual
    return Kept(usual.key if usual else "", "usual", "", 0.0)


# the step -------------------------------------------------------------------------------------------------------------


def wanted(conversation: Conversation) -> bool:
    return not conversation.model and table.watched.remembered(table.OFF).on


def concerns(generation: Generation) -> bool:
    """Only those whose route rules left open."""
    decision = decisions.read(generation.routed)
    return decision is not None and decision.open


async def prepare(answers: Preparing) -> None:
    known = table.watched.remembered(table.OFF)
    began = time.perf_counter()
    found = await decide(known, [_question(one.generation) for one in answers])
    seconds = time.perf_counter() - began
    for answer, kept in zip(answers, found, strict=True):
        await in_database(_put, known, answer, kept, seconds)


def _question(row: Generation) -> Question:
    asked = row.message.parent if row.message is not None else None
    images = row.sight == Generation.Sight.ASKED
    return Question(asked.content if asked is not None else "", int(images))


def _put(known: Table, answer: Answer, kept: Kept, seconds: float) -> None:
    """What was found, for whoever stores it under the fence of this turn."""
    row, route = answer.generation, known.get(kept.route)
    before = decisions.read(row.routed)
    if route is None or before is None:
        # Deleted or switched off meanwhile: what was guessed before stands.
        row.routed = replace(before, open=False).stored() if before else None
        return
    row.routed = Decision.of(route, kept.stage, kept.why, kept.confidence, seconds).stored()
    answer.model = first_of(route.aliases, row.user_id, sees=row.sight == Generation.Sight.ASKED)
    answer.sampling = below(sampling_of(route), answer.sampling, row.conversation)
    if route.key != before.route:
        offering.offer(row, row.user, row.conversation)


def below(of_route: dict[str, Any], chosen: dict[str, Any], talk: Conversation) -> dict[str, Any]:
    """A route's sampling under what conversation and persona say, and within the bound on the answer's length."""
    both = of_route | chosen
    bounds = [one["max_tokens"] for one in (of_route, chosen) if one.get("max_tokens")]
    own = stage.preferences(talk).sampling.get("max_tokens")
    if bounds:
        both["max_tokens"] = chosen["max_tokens"] if own and "max_tokens" in chosen else min(bounds)
    return both


STEP = Step("route", 0, 5.0, wanted, prepare, concerns)
