"""Rules made ready, and what they say of a text. Nothing here touches the database or the cache but the counters of rates."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from meatlizard.moderation.folding import Folded, fold
from meatlizard.moderation.models import Action
from meatlizard.moderation.patterns import Pattern
from meatlizard.moderation.spans import Span, masked, merged, without
from meatlizard.moderation.words import WordList

Direction = Literal["in", "out"]

MOST_SPANS = 1_000
"""Matches of one rule that are looked at."""

_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


class Finder(Protocol):
    def __call__(self, text: str, folded: Callable[[bool], Folded]) -> Iterable[Span]:
        """Where the rule matches; ``folded`` folds the text, with look-alikes or without, once for all rules."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule that can be run. Exactly one of ``find``, ``rate`` and ``judge`` is set: what looks at a text, what counts it, what
    asks a model.
    """

    id: int
    name: str
    action: Action
    told: str = ""
    days: int | None = None
    find: Finder | None = None
    rate: "Rate | None" = None
    judge: "Judge | None" = None


@dataclass(frozen=True, slots=True)
class Rate:
    """``limit`` texts of one person within ``minutes``; with ``same`` only those that are equal."""

    limit: int
    minutes: int
    same: bool


@dataclass(frozen=True, slots=True)
class Judge:
    """What a model is asked, and how long it may take."""

    instructions: str
    model: str = ""
    seconds: int = 20
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, and where; no spans where it is about the whole. ``why``: a model's words."""

    rule: Ready
    spans: tuple[Span, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of ``text``. ``action`` is the strongest; ``hits`` in the order of the rules."""

    text: str = field(repr=False)
    hits: tuple[Hit, ...] = ()

    @property
    def action(self) -> Action:
        return max((hit.rule.action for hit in self.hits), default=Action.ALLOW)

    @property
    def first(self) -> Hit:
        """The first of the strongest: who is named."""
        return next(hit for hit in self.hits if hit.rule.action == self.action)

    @property
    def masked(self) -> str:
        """``text`` with what masking rules matched blacked out; a masking rule about the whole blacks out nothing."""
        spans = [span for hit in self.hits if hit.rule.action == Action.MASK for span in hit.spans]
        return masked(self.text, spans)

    @property
    def spans(self) -> list[Span]:
        return merged(span for hit in self.hits for span in hit.spans if hit.rule.action != Action.ALLOW)

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return self.action > Action.ALLOW


Counter = Callable[[Ready, str], bool]
"""Counts a text under a rule of rates; whether it was too much."""


def look(rules: Sequence[Ready], text: str, too_much: Counter | None = None) -> Verdict:
    """Runs the rules in order; those that ask a model are left out, and without ``too_much`` those that count.

    What an allowing rule matches is left alone by the rules after it.
    """
    known: dict[bool, Folded] = {}

    def folded(lookalikes: bool) -> Folded:
        if lookalikes not in known:
            known[lookalikes] = fold(text, lookalikes)
        return known[lookalikes]

    hits: list[Hit] = []
    allowed: list[Span] = []
    for rule in rules:
        if rule.find is not None:
            spans = without(_first(rule.find(text, folded)), allowed)
            if rule.action == Action.ALLOW:
                allowed = merged([*allowed, *spans])
            if spans:
                hits.append(Hit(rule, tuple(spans)))
        elif rule.rate is not None and too_much is not None and too_much(rule, text):
            hits.append(Hit(rule))
    return Verdict(text, tuple(hits))


def look_at_part(rules: Sequence[Ready], text: str, start: int) -> Verdict:
    """As :func:`look` at what has come of a text that goes on, from ``start``: of a match at either edge nobody knows yet whether
    it is one. Spans count from the beginning of ``text``.
    """
    part = text[start:]
    found = look(rules, part)
    kept = []
    for hit in found.hits:
        spans = tuple((a + start, b + start) for a, b in hit.spans if b < len(part) and (a > 0 or start == 0))
        if spans:
            kept.append(replace(hit, spans=spans))
    return Verdict(text, tuple(kept))


def _first(spans: Iterable[Span]) -> Iterable[Span]:
    for number, span in enumerate(spans):
        if number == MOST_SPANS:
            return
        yield span


# --- finders ----------------------------------------------------------------------------------------------------------


def by_words(lines: str, lookalikes: bool) -> Finder:
    words = WordList(lines, lookalikes)
    return lambda text, folded: words.find(folded(lookalikes))


def by_pattern(expression: str) -> Finder:
    pattern = Pattern(expression)
    return lambda text, folded: pattern.find(text)


def by_links(limit: int) -> Finder:
    """Matches the links from the one on that is too many."""

    def find(text: str, folded: Callable[[bool], Folded]) -> Iterable[Span]:
        found = [match.span() for match in _LINK.finditer(text)]
        return found[limit - 1 :]

    return find


def digest(text: str) -> str:
    """Names a text for counting: without case and blanks, so that a dot's worth of change is needed."""
    return hashlib.sha256("".join(fold(text).text.split()).encode(errors="replace")).hexdigest()
