"""Steps of the site's turn: what parts of the chat do for an answer before its model is asked."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chat.models import Conversation, Generation
from chat.models.generations import SITE
from chat.tools import offering
from meatlizard.accounts.models import User

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Answer:
    """One that is being prepared. ``generation`` comes with its conversation, its person, its message and the question before that.

    Steps may change ``model``, the alias that is asked for (empty: any), and ``sampling``; and of ``generation`` its ``routed``,
    ``tools`` and ``most_calls`` (by :func:`chat.tools.offering.offer`), which are stored with them.
    """

    generation: Generation
    model: str
    sampling: dict[str, Any] = field(default_factory=dict)


Preparing = Sequence[Answer]
"""Those of one turn for which a step has something to do; several when many wait."""


@dataclass(frozen=True, slots=True)
class Step:
    """``wanted`` says by columns of the conversation that are read already, without a query, whether there is something to do.

    ``prepare`` has ``seconds``; whatever it has not done by then, or when it fails, is left out of the answers. What it finds it keeps
    in rows of its own by generation. It may run twice for one answer: a killed process leaves it to another.
    Steps of the same ``order`` run beside each other, lower ones before. ``concerns`` says by columns of the generation which of a
    conversation's answers are meant; without it, all are.
    """

    name: str
    order: int
    seconds: float
    wanted: Callable[[Conversation], bool]
    prepare: Callable[[Preparing], Awaitable[None]]
    concerns: Callable[[Generation], bool] = lambda generation: True

    def for_(self, generation: Generation, conversation: Conversation) -> bool:
        return self.wanted(conversation) and self.concerns(generation)


_steps: dict[str, Step] = {}


def register(step: Step) -> None:
    """Once for each name, when the site starts."""
    if _steps.get(step.name, step) != step:
        raise ValueError(f"there are two steps named {step.name}")
    _steps[step.name] = step


def wanted(generation: Generation, conversation: Conversation) -> bool:
    """Whether ``generation``, an answer in ``conversation``, goes through the site's turn. No query."""
    return any(step.for_(generation, conversation) for step in _steps.values())


def aim(generation: Generation, conversation: Conversation) -> None:
    """Has a new ``generation``, not stored yet, wait for the site's turn first, where a step has something to do."""
    # A name that no machine can have is somebody's who answers in person.
    if not generation.model.startswith("@") and wanted(generation, conversation):
        generation.model, generation.wants = SITE, generation.model


def enter(generation: Generation, user: User, conversation: Conversation) -> None:
    """Of a new ``generation``, not stored yet: which tools it has, what it goes on with, and whether the site has its turn first. No query
    but for what goes on after calls of tools."""
    offering.offer(generation, user, conversation)
    aim(generation, conversation)


def has_called(generation: Generation) -> bool:
    """Whether it comes back with calls of tools. One that goes on with an answer which had some begins in a later step, too."""
    return generation.step > 1 or (generation.step == 1 and not (generation.continues and not generation.spent))


def hint(generation: Generation) -> Literal["work", "prepare"]:
    """What to tell the parts of the site when ``generation`` waits."""
    return "prepare" if generation.model == SITE else "work"


async def take(answers: Preparing) -> None:
    """Takes all steps for those that want them. Never fails."""
    by_order: defaultdict[int, list[tuple[Step, Preparing]]] = defaultdict(list)
    for step in _steps.values():
        if those := [one for one in answers if step.for_(one.generation, one.generation.conversation)]:
            by_order[step.order].append((step, those))
    for order in sorted(by_order):
        await asyncio.gather(*(_take(step, those) for step, those in by_order[order]))


async def _take(step: Step, answers: Preparing) -> None:
    extra = {"step": step.name, "generations": [str(one.generation.pk) for one in answers]}
    try:
        async with asyncio.timeout(step.seconds):
            await step.prepare(answers)
    except TimeoutError:
        log.warning("preparing.late", extra=extra)
    except Exception:
        # An answer without what the step would have added is better than none.
        log.exception("preparing.failed", extra=extra)
