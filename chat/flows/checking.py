"""What is wrong with a flow, in words. One without a problem always comes to a question or to its end. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from chat.flows.steps import (
    MAX_PROBLEMS,
    RESERVED,
    Ask,
    Branch,
    Choice,
    Close,
    Condition,
    Flow,
    FreeText,
    HandOver,
    Numeric,
    WrongSteps,
    YesNo,
    read,
)
from chat.personas.patterns import Unusable, compiled

ORDERED = ("less", "at_most", "more", "at_least")

_BRACES = re.compile(r"\{\{\s*([A-Za-z_]+)\s*\}\}")

Ways = dict[str, list[str]]


def checked(steps: Any) -> Flow:
    """Raises WrongSteps with everything that is wrong with them."""
    flow = read(steps)
    if found := problems(flow):
        raise WrongSteps(found)
    return flow


def problems(flow: Flow) -> list[str]:
    # How steps follow each other can be looked at only when all of them can be found.
    found = [*_names(flow), *_targets(flow)] or [*_ways(flow), *_keys(flow), *_answers(flow), *_conditions(flow)]
    return list(dict.fromkeys(found))[:MAX_PROBLEMS]


def _names(flow: Flow) -> Iterator[str]:
    names = [step.name for step in flow.steps]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield _("Several steps are called “%(name)s”. Give each a name of its own.") % {"name": name}


def _targets(flow: Flow) -> Iterator[str]:
    names = {step.name for step in flow.steps}
    for at, step in enumerate(flow.steps):
        for target in flow.targets(at):
            if target is None:
                yield _(
                    "Nothing follows step “%(name)s”. End with a step of the kind hand_over or close, or name the next one."
                ) % {"name": step.name}
            elif target not in names:
                yield _("Step “%(name)s” goes to “%(target)s”, which is not there.") % {
                    "name": step.name,
                    "target": target,
                }


def _ways(flow: Flow) -> Iterator[str]:
    ways = {step.name: [one for one in flow.targets(at) if one] for at, step in enumerate(flow.steps)}
    back: Ways = {name: [] for name in ways}
    for name, targets in ways.items():
        for target in targets:
            back[target].append(name)
    reached = _reach(ways, [flow.steps[0].name])
    ending = _reach(back, [step.name for step in flow.steps if isinstance(step, HandOver | Close)])
    asking = {step.name for step in flow.steps if isinstance(step, Ask)}
    silent = {name: [one for one in targets if one not in asking] for name, targets in ways.items()}
    for step in flow.steps:
        if step.name not in reached:
            yield _("No way leads to step “%(name)s”. Remove it, or go there from another.") % {"name": step.name}
        elif step.name not in ending:
            yield _("From step “%(name)s” no way leads to a step of the kind hand_over or close.") % {"name": step.name}
        if step.name not in asking and step.name in _reach(silent, silent[step.name]):
            yield _("Step “%(name)s” comes back to itself without asking anything, and would go round for ever.") % {
                "name": step.name
            }


def _reach(ways: Ways, begin: list[str]) -> set[str]:
    found, to_look = set(begin), list(begin)
    while to_look:
        for target in ways[to_look.pop()]:
            if target not in found:
                found.add(target)
                to_look.append(target)
    return found


def _kinds(flow: Flow) -> dict[str, list[FreeText | Choice | Numeric | YesNo]]:
    kinds: dict[str, list[FreeText | Choice | Numeric | YesNo]] = {}
    for step in flow.steps:
        if isinstance(step, Ask):
            kinds.setdefault(step.key, []).append(step.answer)
    return kinds


def _keys(flow: Flow) -> Iterator[str]:
    kinds = _kinds(flow)
    for key, answers in kinds.items():
        if key in RESERVED:
            yield _("The key “%(key)s” means something else already. Take another.") % {"key": key}
        if len({answer.kind for answer in answers}) > 1:
            yield _("Answers of different kinds are kept under the key “%(key)s”.") % {"key": key}
    for step in flow.steps:
        for name in _BRACES.findall(getattr(step, "text", "")):
            if name.lower() not in kinds.keys() | RESERVED - {"original"}:
                yield _("The text of step “%(name)s” names {{%(key)s}}, under which no answer is kept.") % {
                    "name": step.name,
                    "key": name,
                }


def _answers(flow: Flow) -> Iterator[str]:
    for step in flow.steps:
        if not isinstance(step, Ask):
            continue
        answer = step.answer
        if isinstance(answer, FreeText | Numeric):
            least, most = answer.least, answer.most
            if least is not None and most is not None and least > most:
                yield _("Step “%(name)s”: least is more than most, so no answer fits.") % {"name": step.name}
            elif isinstance(answer, Numeric) and answer.whole and not _holds_whole(answer):
                yield _("Step “%(name)s”: no whole number lies between least and most.") % {"name": step.name}
        else:
            labels = answer.choices if isinstance(answer, Choice) else (answer.yes, answer.no)
            if len({label.casefold() for label in labels}) < len(labels):
                yield _("Step “%(name)s”: two choices read the same.") % {"name": step.name}


def _holds_whole(answer: Numeric) -> bool:
    if answer.least is None or answer.most is None:
        return True
    return -(-answer.least // 1) <= answer.most


def _conditions(flow: Flow) -> Iterator[str]:
    kinds = _kinds(flow)
    for step in flow.steps:
        for condition in step.when if isinstance(step, Branch) else ():
            if condition.key not in kinds:
                yield _("Step “%(name)s” looks at the key “%(key)s”, under which no answer is kept.") % {
                    "name": step.name,
                    "key": condition.key,
                }
            elif why := _unfit(condition, kinds[condition.key]):
                yield _("Step “%(name)s”, the condition on “%(key)s”: %(why)s.") % {
                    "name": step.name,
                    "key": condition.key,
                    "why": why,
                }


def _unfit(condition: Condition, kept: list[FreeText | Choice | Numeric | YesNo]) -> str:
    """Why it could never hold; empty where it may."""
    value, numeric = condition.value, isinstance(kept[0], Numeric)
    if condition.is_ == "answered":
        return "" if value is None else _("“answered” takes no value")
    if condition.is_ in ORDERED or (condition.is_ == "equals" and numeric):
        if not numeric:
            return _("this compares numbers, and the answer is none")
        return (
            "" if isinstance(value, int | float) and not isinstance(value, bool) else _("the value is to be a number")
        )
    if isinstance(kept[0], YesNo):
        if condition.is_ != "equals":
            return _("of yes or no only “equals” and “answered” can be asked")
        return "" if isinstance(value, bool) else _("the value is to be true or false")
    if not isinstance(value, str) or not value:
        return _("the value is to be a text")
    if condition.is_ == "equals":
        labels = [one.casefold() for answer in kept if isinstance(answer, Choice) for one in answer.choices]
        return _("the value is none of the choices") if labels and value.strip().casefold() not in labels else ""
    if condition.is_ == "matches":
        try:
            compiled(value, False)
        except Unusable as error:
            return str(error)
    return ""
