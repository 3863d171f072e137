# ruff: noqa: N815  (names of theirs)
"""Rules of a link in the words of Shlink's API, as far as there are words for them on both sides."""

import itertools
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from meatlizard.errors import Invalid
from shortener import rules
from shortener.models import Link

MOST = rules.MAX_RULES


class TheirCondition(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = Field(max_length=40)
    matchKey: str | None = Field(None, max_length=100)
    matchValue: str | None = Field(None, max_length=500)

    def ours(self) -> dict[str, Any]:
        value = self.matchValue or ""
        match self.type:
            case "device" | "language":
                return {"type": self.type, "any_of": [value]}
            case "geolocation-country-code":
                return {"type": "country", "any_of": [value]}
            case "query-param" | "any-value-query-param" | "valueless-query-param":
                given = {"query-param": value, "any-value-query-param": None, "valueless-query-param": ""}
                return {"type": "query", "name": self.matchKey or "", "value": given[self.type]}
            case "before-date":
                return {"type": "date", "until": value}
            case "after-date":
                return {"type": "date", "since": value}
        raise Invalid(_("This site has no rules by “{kind}”.").format(kind=self.type), code="rule_unknown")


class TheirRule(BaseModel):
    model_config = ConfigDict(extra="ignore")

    longUrl: str = Field(min_length=1)
    conditions: list[TheirCondition] = Field(max_length=10)


class TheirRules(BaseModel):
    redirectRules: list[TheirRule] = Field(max_length=MOST)

    def ours(self) -> list[dict[str, Any]]:
        return [
            {"conditions": [one.ours() for one in rule.conditions], "targets": [{"target": rule.longUrl}]}
            for rule in self.redirectRules
        ]


def shown(link: Link) -> dict[str, Any]:
    """A condition with several values is as many rules there. What they have no words for is left out."""
    said = [theirs for rule in rules.read(link.rules) for theirs in _theirs(rule)]
    numbered = [{**rule, "priority": number} for number, rule in enumerate(said, 1)]
    return {"defaultLongUrl": link.target, "redirectRules": numbered}


def require_sayable(link: Link) -> None:
    """Raises Invalid where setting the rules anew would lose some that could not be shown."""
    if not all(list(_theirs(rule)) for rule in rules.read(link.rules)):
        raise Invalid(
            _("This link has rules that Shlink’s API has no words for. Change them on the page of the link."),
            code="rules_unsayable",
        )


def _theirs(rule: rules.Rule) -> Iterator[dict[str, Any]]:
    if len(rule.targets) > 1:
        return
    for conditions in itertools.islice(itertools.product(*map(_said, rule.conditions)), MOST):
        yield {"longUrl": rule.targets[0].target, "conditions": [one for some in conditions for one in some]}


def _said(condition: rules.Condition) -> list[list[dict[str, Any]]]:
    """The ways to say it, each a list of conditions that hold together; none: there is no way."""
    if isinstance(condition, rules.ByDevice):
        return [[_told("device", value)] for value in condition.any_of if value != "tablet"]
    if isinstance(condition, rules.ByLanguage):
        return [[_told("language", value)] for value in condition.any_of]
    if isinstance(condition, rules.ByCountry):
        return [[_told("geolocation-country-code", value.upper())] for value in condition.any_of]
    if isinstance(condition, rules.ByQuery):
        kinds = {None: "any-value-query-param", "": "valueless-query-param"}
        kind = kinds.get(condition.value, "query-param")
        return [[_told(kind, condition.value or None, condition.name)]]
    if isinstance(condition, rules.ByDate):
        sides = (("after-date", condition.since), ("before-date", condition.until))
        return [[_told(kind, moment.isoformat()) for kind, moment in sides if moment is not None]]
    return []


def _told(kind: str, value: str | None, key: str | None = None) -> dict[str, Any]:
    return {"type": kind, "matchKey": key, "matchValue": value}
