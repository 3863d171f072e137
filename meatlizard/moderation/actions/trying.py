"""Runs rules on a text that nobody sent: nothing is counted, stored or noted."""

import time
from dataclasses import dataclass, field

from asgiref.sync import async_to_sync

from meatlizard.errors import Invalid
from meatlizard.moderation import classifier
from meatlizard.moderation.drafts import ready
from meatlizard.moderation.judging import Direction, Hit, Ready, Verdict, look
from meatlizard.moderation.models import Action, RuleSet
from meatlizard.moderation.models.rules import Scope


@dataclass(frozen=True, slots=True)
class Row:
    """What one rule said. ``state``: matched, passed, not tried (it counts people, or asks a model), held, or unusable."""

    name: str
    action: str
    state: str
    milliseconds: float
    matched: list[str] = field(default_factory=list)
    why: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """All rules in order, and what comes of them together."""

    rows: list[Row]
    action: Action
    named: str
    masked: str
    milliseconds: float


def run(text: str, direction: Direction, service: str, everything: bool, ask: bool) -> Tried:
    """``everything``: of sets that are off, too. ``ask``: models as well."""
    rows, rules, hits = [], [], []
    for name, rule in _rules(direction, service, everything):
        if isinstance(rule, Invalid):
            rows.append(Row(name, "", "unusable", 0, why=rule.message))
            continue
        row, found = _one(rule, text, ask)
        rows.append(row)
        rules.append(rule)
        hits += found
    began = time.perf_counter()
    verdict = look(rules, text)
    took = (time.perf_counter() - began) * 1_000
    # In the order of the rules, as a real check has them.
    whole = Verdict(text, (*verdict.hits, *(hit for hit in hits if hit.rule.judge is not None)))
    return Tried(rows, whole.action, whole.first.rule.name if whole else "", whole.masked, took)


def _rules(direction: str, service: str, everything: bool) -> list[tuple[str, Ready | Invalid]]:
    found: list[tuple[str, Ready | Invalid]] = []
    sets = RuleSet.objects.filter(scope__in=[direction, Scope.BOTH]).prefetch_related("rules")
    for row in sets if everything else sets.filter(enabled=True):
        if row.services and service not in row.services:
            continue
        for rule in row.rules.all():
            try:
                found.append((f"{row.name}: {rule.name}", ready(rule, row.name)))
            except Invalid as error:
                found.append((f"{row.name}: {rule.name}", error))
    return found


def _one(rule: Ready, text: str, ask: bool) -> tuple[Row, list[Hit]]:
    label = str(rule.action.label)
    if rule.rate is not None or (rule.judge is not None and not ask):
        return Row(rule.name, label, "not tried", 0), []
    began = time.perf_counter()
    held = False
    if rule.judge is not None:
        found, held = async_to_sync(classifier.judge)([rule], text, None)
    else:
        found = list(look([rule], text).hits)
    took = (time.perf_counter() - began) * 1_000
    state = "matched" if found else "held" if held else "passed"
    matched = [text[start:end][:100] for hit in found for start, end in hit.spans[:10]]
    return Row(rule.name, label, state, took, matched, found[0].why if found else ""), found
