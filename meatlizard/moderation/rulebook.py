"""What each process remembers of the rules, so that a text is checked without asking the database.

A process that serves keeps itself up to date (:mod:`meatlizard.moderation.upkeep`); what is changed here holds here at once, and
elsewhere within :data:`FRESH_SECONDS`.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from meatlizard.errors import Invalid
from meatlizard.moderation.drafts import ready
from meatlizard.moderation.judging import Direction, Ready
from meatlizard.moderation.models import Action, Policy, Rule, RuleSet
from meatlizard.moderation.models.rules import Scope

log = logging.getLogger(__name__)

FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Book:
    """The rules that are switched on, in order. ``sets``: scope, services and rules of each."""

    version: int
    sets: tuple[tuple[str, frozenset[str], tuple[Ready, ...]], ...] = ()
    hold: bool = False
    reports: bool = True

    def rules(self, service: str, direction: Direction) -> Sequence[Ready]:
        """Empty, at no cost, where nothing is switched on."""
        if not self.sets:
            return ()
        return [
            rule
            for scope, services, rules in self.sets
            if scope in (direction, Scope.BOTH) and (not services or service in services)
            for rule in rules
        ]

    def holds(self, service: str) -> bool:
        """Whether answers are shown only as far as they are checked: the operator wants it, or a rule masks, which would make no
        sense on what was read already.
        """
        rules = self.rules(service, "out")
        return bool(rules) and (self.hold or any(rule.action == Action.MASK for rule in rules))


_lock = threading.Lock()
_book: Book | None = None


def current() -> Book:
    """What this process remembers; asks the database only if it never has."""
    return _book or refresh()


def remembered() -> Book | None:
    """For the event loop, which must not ask the database: None until this process has looked for the first time."""
    return _book


def refresh() -> Book:
    """Looks whether the rules have changed, one small query, and reads them if so."""
    global _book
    with _lock:
        version = Policy.objects.filter(pk=1).values_list("version", flat=True).first() or 0
        if _book is None or _book.version != version:
            _book = _read(version)
        return _book


def forget() -> None:
    global _book
    with _lock:
        _book = None


def changed() -> None:
    """To be called in the transaction that changes a rule, a set or the policy."""
    Policy.objects.get_or_create(pk=1)
    Policy.objects.filter(pk=1).update(version=F("version") + 1)
    transaction.on_commit(refresh)


def _read(version: int) -> Book:
    policy = Policy.objects.filter(pk=1).first() or Policy()
    sets = []
    for row in RuleSet.objects.filter(enabled=True).prefetch_related("rules"):
        rules = tuple(one for rule in row.rules.all() if (one := _ready(rule, row.name)) is not None)
        if rules:
            sets.append((row.scope, frozenset(row.services), rules))
    return Book(version, tuple(sets), policy.hold_answers, policy.reports)


def _ready(rule: Rule, within: str) -> Ready | None:
    try:
        return ready(rule, within)
    except Invalid as error:
        # Saved before a newer version became stricter: the others must go on.
        log.error("moderation.rule_unusable", extra={"rule": rule.pk, "reason": error.message})
        return None
