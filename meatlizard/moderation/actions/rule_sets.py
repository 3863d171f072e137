"""Verbs on rule sets: switch, save, import, export. Whoever may do that is asked by the doors."""

import json
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.moderation import drafts, rulebook
from meatlizard.moderation.actions import audit
from meatlizard.moderation.models import Action, Policy, Rule, RuleSet

FORMAT = "meatlizard-rule-set"
MAX_FILE = 2 * 2**20
MAX_RULES = 500

_RULE_FIELDS = (
    "name", "kind", "order", "words", "lookalikes", "pattern", "limit", "minutes", "instructions", "model", "seconds",
    "fallback", "days", "message",
)  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_max_length=2_000_000)


class RuleIn(_Strict):
    """A rule in a file."""

    name: str = Field(min_length=1, max_length=80)
    kind: Literal["words", "pattern", "same", "many", "links", "classifier"]
    action: Literal["allow", "flag", "mask", "block", "suspend"]
    order: int = Field(default=0, ge=0, le=32_767)
    words: str = ""
    lookalikes: bool = False
    pattern: str = Field(default="", max_length=1_000)
    limit: int | None = Field(default=None, ge=0, le=32_767)
    minutes: int | None = Field(default=None, ge=0, le=32_767)
    instructions: str = Field(default="", max_length=4_000)
    model: str = Field(default="", max_length=100)
    seconds: int | None = Field(default=None, ge=0, le=32_767)
    fallback: Literal["pass", "hold"] = "pass"
    days: int | None = Field(default=None, ge=1, le=3_650)
    message: str = Field(default="", max_length=300)


class RuleSetIn(_Strict):
    """A rule set in a file. Whether it is switched on is each site's own affair."""

    format: Literal["meatlizard-rule-set"]
    version: Literal[1]
    name: str = Field(min_length=1, max_length=80)
    note: str = Field(default="", max_length=10_000)
    scope: Literal["in", "out", "both"] = "both"
    services: list[str] = Field(default_factory=list, max_length=20)
    rules: list[RuleIn] = Field(min_length=1, max_length=MAX_RULES)


def export(row: RuleSet) -> str:
    """The set as JSON that :func:`load` takes."""
    rules = [
        {**{name: getattr(rule, name) for name in _RULE_FIELDS}, "action": Action(rule.action).name.lower()}
        for rule in row.rules.all()
    ]
    whole = {
        "format": FORMAT, "version": 1, "name": row.name, "note": row.note, "scope": row.scope,
        "services": row.services, "rules": rules,
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def load(by: User, data: bytes) -> RuleSet:
    """A new set from a file, switched off. Raises Invalid with the place of the first fault; nothing is stored then."""
    if len(data) > MAX_FILE:
        raise Invalid(_("A rule set has at most %(most)s MiB.") % {"most": MAX_FILE // 2**20}, code="file_too_large")
    try:
        given = RuleSetIn.model_validate_json(data)
    except (ValidationError, RecursionError) as error:
        raise Invalid(_("This is no rule set of ours (%(why)s).") % {"why": _first(error)}, code="file_bad") from None
    with transaction.atomic():
        row = RuleSet.objects.create(
            name=_free_name(given.name), note=_clean(given.note), scope=given.scope, services=given.services
        )
        for number, one in enumerate(given.rules, 1):
            rule = Rule(rule_set=row, action=Action[one.action.upper()])
            for name in _RULE_FIELDS:
                value = getattr(one, name)
                setattr(rule, name, _clean(value) if isinstance(value, str) else value)
            try:
                drafts.ready(rule, row.name)
            except Invalid as error:
                why = {"number": number, "name": one.name, "why": error.message}
                raise Invalid(_("Rule %(number)s (%(name)s): %(why)s") % why, code="file_bad") from None
            rule.save()
        saved(by, row, None, "import")
    return row


def switch(by: User, row: RuleSet, on: bool) -> bool:
    """Whether anything changed."""
    with transaction.atomic():
        if not RuleSet.objects.filter(pk=row.pk, enabled=not on).update(enabled=on):
            return False
        rulebook.changed()
        audit.record(by, "switch on" if on else "switch off", _name(row), before=not on, after=on)
    return True


def saved(by: User, row: RuleSet, before: dict[str, Any] | None, what: str = "change rules") -> None:
    """To be called in the transaction that has saved a set with its rules; ``before`` is its :func:`picture` from then."""
    rulebook.changed()
    after = picture(row)
    if before != after:
        audit.record(
            by,
            what if before else "import" if what == "import" else "add rules",
            _name(row),
            before=before,
            after=after,
        )


def deleted(by: User, row: RuleSet) -> None:
    """To be called in the transaction that deletes it, before."""
    audit.record(by, "delete rules", _name(row), before=picture(row))
    rulebook.changed()


def picture(row: RuleSet) -> dict[str, Any]:
    """What a set says, for the audit."""
    picture: dict[str, Any] = json.loads(export(RuleSet.objects.prefetch_related("rules").get(pk=row.pk)))
    picture["enabled"] = RuleSet.objects.values_list("enabled", flat=True).get(pk=row.pk)
    return picture


def set_policy(by: User, new: Policy) -> None:
    with transaction.atomic():
        old = Policy.objects.filter(pk=1).first()
        before = _policy(old) if old else None
        Policy.objects.update_or_create(pk=1, defaults=_policy(new))
        rulebook.changed()
        audit.record(by, "change policy", before=before, after=_policy(new))


def _policy(row: Policy) -> dict[str, Any]:
    names = ("context", "hold_answers", "reports", "case_days", "audit_days")
    return {name: getattr(row, name) for name in names}


def _free_name(name: str) -> str:
    taken = set(RuleSet.objects.values_list("name", flat=True))
    tries = [name, *(f"{name[:70]} ({number})" for number in range(2, 100))]
    return next((one for one in tries if one not in taken), f"{name[:40]} {len(taken)}")


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode(errors="replace").decode()


def _first(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return _("too deep")
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or _("the whole")
    return f"{place}: {first['msg']}"


def _name(row: RuleSet) -> str:
    return f"rule set {row.pk}"
