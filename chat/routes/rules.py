"""The first stage: what attachments, code and words say, by rules alone. Pure, and within milliseconds whatever the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chat.personas.patterns import Pattern
from chat.routes.shipped import GENERAL, VISION
from chat.routes.signals import SIGNALS, Signal, folded, pattern
from chat.routes.table import Route

HEAD, TAIL = 4_000, 1_000
"""Characters at either end of a question that are looked at: what somebody wants stands there, and what lies between is what they
bring along."""

OWN = 0.95
"""How sure an operator's pattern is: the first route that has one decides."""

DECIDES, MARGIN = 0.8, 0.3
"""How sure the first must be, and by how much more than the second, for the rules to decide alone."""

FEW = 0.3
"""Sure of less, rules have nothing to say."""

SIMPLE, COMPLEX = "simple-code", "complex-code"


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of a question before anything is asked of anybody. ``images``: how many are attached."""

    text: str
    images: int = 0


@dataclass(frozen=True, slots=True)
class Guess:
    """``signal``: what speaks most for it. ``sure``: enough for the rules to decide alone."""

    route: str
    confidence: float
    signal: str
    sure: bool = False


def guess(question: Question, routes: Sequence[Route]) -> Guess | None:
    """The likeliest of ``routes``; None when nothing speaks for any."""
    keys = {route.key for route in routes}
    if question.images and VISION in keys:
        return Guess(VISION, 1.0, "image", sure=True)
    ends = _ends(question.text)
    seen = ends.encode(errors="replace")
    for route in routes:
        if any(pattern.found_in(seen) for pattern in route.patterns):
            return Guess(route.key, OWN, "pattern", sure=True)
    scores, found = _weighed(ends, question.text)
    ranked = sorted(((score, key) for key, score in scores.items() if key in keys), reverse=True)
    if not ranked or ranked[0][0] < FEW:
        return None
    best, key = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    return Guess(key, round(best, 3), found[key], sure=best >= DECIDES and best - second >= MARGIN)


def _weighed(ends: str, whole: str) -> tuple[dict[str, float], dict[str, str]]:
    """By route how much speaks for it, and what most."""
    families, found = _families(ends)
    code, complex_, simple = (families.pop(name, 0.0) for name in ("code", "complex", "simple"))
    if code:
        complex_ = _either(complex_, _bulk(whole))
        # A program that calculates, or one that somebody has to decide about, is a program first.
        families = {family: score * (1 - 0.7 * code) for family, score in families.items()}
        share = complex_ * (1 - 0.5 * simple)
        hard = share >= 0.45
        families[COMPLEX], families[SIMPLE] = (code, code * (1 - share)) if hard else (code * share, code)
        # Near the border between the two nothing is certain.
        doubt = max(0.0, 0.15 - abs(share - 0.45)) * 2
        families[COMPLEX if hard else SIMPLE] *= 1 - doubt
        found[SIMPLE] = found[COMPLEX] = found["code"]
    if GENERAL in families:
        # Words of everyday life stand in every kind of question.
        families[GENERAL] *= 1 - 0.4 * max((score for key, score in families.items() if key != GENERAL), default=0.0)
    return families, found


def _families(text: str) -> tuple[dict[str, float], dict[str, str]]:
    seen = folded(text)
    scores: dict[str, float] = {}
    strongest: dict[str, tuple[float, str]] = {}
    for signal, compiled in _compiled():
        if compiled.found_in(seen):
            scores[signal.family] = _either(scores.get(signal.family, 0.0), signal.weight)
            strongest[signal.family] = max(strongest.get(signal.family, (0.0, "")), (signal.weight, signal.name))
    return scores, {family: name for family, (_, name) in strongest.items()}


def _either(one: float, other: float) -> float:
    """The probability of either, as if they had nothing to do with each other."""
    return 1 - (1 - one) * (1 - other)


def _bulk(text: str) -> float:
    """How much the mere size of what is brought along speaks for complex code."""
    fences = text.count("```") // 2
    lines = text.count("\n") if fences else 0
    return min(0.6, 0.012 * lines + 0.15 * max(0, fences - 1) + (0.25 if len(text) > 600 else 0.0))


def _ends(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def warm() -> None:
    """Builds what the first question would otherwise wait for."""
    guess(Question("Warm the patterns up, please."), ())


@cache
def _compiled() -> tuple[tuple[Signal, Pattern], ...]:
    return tuple((signal, pattern(signal.pattern)) for signal in SIGNALS)
