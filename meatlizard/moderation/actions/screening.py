"""What apps ask: may this text go in, may this one be shown. Costs nothing while no rule is switched on."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden
from meatlizard.moderation import classifier, rulebook
from meatlizard.moderation.access import policy
from meatlizard.moderation.actions import sanctions
from meatlizard.moderation.judging import Direction, Ready, Verdict, digest, look
from meatlizard.moderation.models import Action, Case, Policy
from meatlizard.moderation.spans import excerpt
from meatlizard.outages import redis_errors
from meatlizard.security.ratelimit import hit

log = logging.getLogger(__name__)

MOST_OPEN = 100
"""Open cases that rules make of one person; beyond it the newest is counted up."""

COUNTED_ONCE_SECONDS = 3_600


class Blocked(Forbidden):
    """A rule refuses this text. ``message`` is meant for whoever wrote it."""

    default_code: ClassVar[str] = "blocked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in a text of ``person`` (a number; None: nobody's), to be written down with :func:`note`."""

    service: str
    direction: Direction
    person: int | None
    verdict: Verdict
    kept: str = field(default="", repr=False)

    @property
    def blocks(self) -> bool:
        return self.verdict.action >= Action.BLOCK

    @property
    def text(self) -> str:
        """What is shown of it: masked where rules mask, nothing of it where they block."""
        return "" if self.blocks else self.verdict.masked


# --- what goes in -----------------------------------------------------------------------------------------------------


def incoming(person: User, service: str, text: str, *, once: str = "", place: str = "") -> tuple[str, Finding | None]:
    """The text as it may be stored, and what is to be noted once it is, in the storing transaction.

    ``once``: the name of this attempt, so that one that is repeated is counted once. Raises Blocked, and nothing may be stored then.
    """
    rules = rulebook.current().rules(service, "in")
    if not rules:
        return text, None
    verdict = look(rules, text, lambda rule, said: _too_much(person.pk, rule, said, once))
    if not verdict:
        return text, None
    found = Finding(service, "in", person.pk, verdict)
    if found.blocks:
        refuse(person, found, place, once)
    return found.text, found


async def judged(person: int | None, service: str, direction: Direction, text: str) -> tuple[Verdict, bool]:
    """What models say, for rules that ask one: the verdict, and whether the text is to be held."""
    rules = [rule for rule in rulebook.current().rules(service, direction) if rule.judge is not None]
    hits, held = await classifier.judge(rules, text, person) if rules else ([], False)
    return Verdict(text, tuple(hits)), held


def asks_model(service: str, direction: Direction) -> bool:
    """Whether a rule is switched on that asks a model. Asks no database once the process has looked."""
    book = rulebook.remembered()
    return book is not None and any(rule.judge is not None for rule in book.rules(service, direction))


def refuse(person: User, found: Finding, place: str = "", once: str = "") -> None:
    """Writes down that a text was not let in, suspends where the rule says so, and raises Blocked. What is repeated, since the page
    did not hear of it, is refused again and has no other consequence."""
    rule = found.verdict.first.rule
    said = told(rule)
    if not (once and _again(f"moderation.refused.{digest(f'{person.pk} {once}')}")):
        with transaction.atomic():
            case = note(found, place=place)
            if rule.action == Action.SUSPEND:
                sanctions.by_rule(person, case, said, rule.days)
    log.info("moderation.blocked", extra={"rule": rule.id, "service": found.service})
    raise Blocked(
        _(
            "This was not sent, and nothing of it is stored: %(why)s You may appeal under Moderation in your account's menu."
        )
        % {"why": said}
    )


def _again(key: str) -> bool:
    try:
        return not cache.add(key, 1, COUNTED_ONCE_SECONDS)
    except redis_errors():
        return False


def told(rule: Ready) -> str:
    """A sentence for whom the rule hits."""
    if rule.told:
        return rule.told if rule.told[-1] in ".!?…" else f"{rule.told}."
    return _("the rule “%(name)s” of this site forbids it.") % {"name": rule.name}


def _too_much(person: int, rule: Ready, text: str, once: str) -> bool:
    """Counts. Where the counter is out of reach everybody passes: chatting need not stop for that."""
    assert rule.rate is not None
    group = f"moderation.{rule.id}"
    key = f"{person} {digest(text)}" if rule.rate.same else str(person)
    # One less: the limit of counters is the last that passes, a rule's is the first that does not.
    rate = f"{rule.rate.limit - 1}/{rule.rate.minutes}m"
    attempt = f"{group}.{digest(f'{person} {once}')}"
    try:
        if once and (known := cache.get(attempt)) is not None:
            return bool(known)
        reached = hit(group, key, rate, open_in_trouble=True) is not None
        if once:
            cache.set(attempt, reached, COUNTED_ONCE_SECONDS)
    except redis_errors():
        return False
    return reached


# --- what comes out ---------------------------------------------------------------------------------------------------


def outgoing(person: int | None, service: str, texts: Sequence[str]) -> list[Finding | None]:
    """What is found in each of the texts that belong together; rules that count or ask a model are left out. No database."""
    rules = rulebook.current().rules(service, "out")
    if not rules:
        return [None] * len(texts)
    verdicts = [look(rules, text) for text in texts]
    return [Finding(service, "out", person, verdict, kept=verdict.text) if verdict else None for verdict in verdicts]


# --- writing it down --------------------------------------------------------------------------------------------------


def note(found: Finding, *, target: str = "", place: str = "") -> Case:
    """A case of what was found, in the caller's transaction. The same again, where nothing was stored, is counted."""
    first = found.verdict.first
    content = Case.Content.SHOWN
    if found.blocks:
        content = Case.Content.WITHHELD if found.direction == "out" else Case.Content.REFUSED
    elif found.verdict.action == Action.MASK:
        content = Case.Content.MASKED
    matched = excerpt(found.verdict.text, found.verdict.spans) or first.why
    case = Case(
        created=timezone.now(), origin=Case.Origin.RULE, service=found.service, direction=found.direction,
        person_id=found.person, rule_id=first.rule.id or None, rule_name=first.rule.name[:170], action=first.rule.action,
        target=target, place=place, matched=_storable(matched), spans=found.verdict.spans,
        kept=_storable(_kept(found, content)), told=told(first.rule)[:300], comment=first.why, content=content,
        digest="" if target else _digest(found, matched),
    )  # fmt: skip
    return _counted(case) or _made(case)


def _kept(found: Finding, content: Case.Content) -> str:
    if found.direction == "out":
        # Needed to show it after all, whatever moderators may read of it.
        return found.kept if content != Case.Content.SHOWN else ""
    if content == Case.Content.MASKED:
        return found.verdict.text
    return "" if policy().context == Policy.Context.MATCHED or content == Case.Content.SHOWN else found.verdict.text


def _counted(case: Case) -> Case | None:
    if not case.digest:
        return None
    mine = Case.objects.filter(person=case.person_id, origin=Case.Origin.RULE, state=Case.State.OPEN).order_by(
        "-created"
    )
    same = mine.filter(digest=case.digest).first()
    if same is None and mine.filter(target="").count() >= MOST_OPEN:
        same = mine.filter(target="").first()
    if same is not None:
        Case.objects.filter(pk=same.pk).update(times=F("times") + 1)
    return same


def _made(case: Case) -> Case:
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        # The same text came twice at once, or the rule was deleted at this moment.
        same = _counted(case)
        if same is not None:
            return same
        case.rule = None
        case.save(force_insert=True)
    return case


def _digest(found: Finding, matched: str) -> str:
    key = f"{found.service} {found.direction} {found.verdict.first.rule.id} {matched}"
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _storable(text: str) -> str:
    # PostgreSQL takes no NUL, and no half of a surrogate pair.
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
