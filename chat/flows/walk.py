"""How a conversation goes through a flow. Pure: where it stands hangs on the steps and on what the person wrote, and on nothing else,
so that going back, another version or a copy of a conversation stands where its own messages lead.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.flows.steps import Ask, Branch, Choice, Close, Condition, Flow, FreeText, HandOver, Numeric, Say
from chat.personas.macros import expanded
from chat.personas.patterns import compiled

Kept = str | Decimal | bool
State = Literal["asking", "closed", "free"]

# Digits of other scripts would be read as numbers, and are not what anybody types here.
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,6})?")
_YES, _NO = ("yes", "y"), ("no", "n")

NOBODY: Mapping[str, str] = {}


class Turn(NamedTuple):
    """What a person wrote, or (``skip``) the wish to go on without the flow."""

    text: str
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a conversation is. ``step`` is the question that is open, or the last step; None once it was skipped. ``answers`` by key.
    ``said``: what the persona says on the way here.
    """

    step: Ask | HandOver | Close | None
    answers: dict[str, Kept] = field(default_factory=dict)
    said: str = ""

    @property
    def state(self) -> State:
        if isinstance(self.step, Ask):
            return "asking"
        return "closed" if isinstance(self.step, Close) else "free"


class Refusal(Exception):
    """Not an answer to the question; the message says what would be."""


def walk(flow: Flow, turns: Iterable[Turn], names: Mapping[str, str] = NOBODY) -> Standing:
    """After ``turns``, of which those behind the hand-over do not count. ``names``: what else stands in double braces in texts."""
    standing = begin(flow, names)
    for turn in turns:
        if standing.state == "free":
            break
        standing = skipped(standing) if turn.skip else answered(flow, standing, turn.text, names)
    return standing


def begin(flow: Flow, names: Mapping[str, str] = NOBODY) -> Standing:
    return _onward(flow, flow.steps[0].name, {}, names)


def skipped(standing: Standing) -> Standing:
    return replace(standing, step=None, said="")


def answered(flow: Flow, standing: Standing, text: str, names: Mapping[str, str] = NOBODY) -> Standing:
    """After one more message of the person's. A wrong answer is asked for again."""
    step = standing.step
    if not isinstance(step, Ask):
        return standing
    try:
        value = taken(step, text)
    except Refusal as why:
        question = expanded(step.text, {**names, **_told(standing.answers)})
        return replace(standing, said=f"{why}\n\n{question}")
    answers = {**standing.answers, step.key: value}
    at = flow.steps.index(step)
    return _onward(flow, flow.targets(at)[0] or "", answers, names)


def _onward(flow: Flow, name: str, answers: dict[str, Kept], names: Mapping[str, str]) -> Standing:
    by_name = {step.name: step for step in flow.steps}
    place = {step.name: at for at, step in enumerate(flow.steps)}
    known, said = {**names, **_told(answers)}, []
    # A flow that was checked is through sooner; one that was not must not hang a request.
    for _round in flow.steps:
        step = by_name[name]
        if isinstance(step, Branch):
            name = next((one.go for one in step.when if holds(one, answers)), step.otherwise)
            continue
        if step.text:
            said.append(expanded(step.text, known))
        if not isinstance(step, Say):
            return Standing(step, answers, "\n\n".join(said))
        name = flow.targets(place[name])[0] or ""
    raise ValueError("this flow goes round for ever")


def taken(step: Ask, text: str) -> Kept:
    """What is kept of an answer. Raises Refusal."""
    text, wanted = text.strip(), step.answer
    if isinstance(wanted, FreeText):
        return _free(text, wanted)
    if isinstance(wanted, Numeric):
        return _numeric(text, wanted)
    said = text.casefold()
    if isinstance(wanted, Choice):
        for label in wanted.choices:
            if label.casefold() == said:
                return label
        if said.isascii() and said.isdigit() and len(said) < 3 and 1 <= int(said) <= len(wanted.choices):
            return wanted.choices[int(said) - 1]
        raise Refusal(_("Please choose one of: %(choices)s.") % {"choices": ", ".join(wanted.choices)})
    # Its own words first: an operator may call the one "N" and the other "Y".
    for words, value in (
        ((wanted.yes.casefold(),), True),
        ((wanted.no.casefold(),), False),
        (_YES, True),
        (_NO, False),
    ):
        if said in words:
            return value
    raise Refusal(_("Please answer %(yes)s or %(no)s.") % {"yes": wanted.yes, "no": wanted.no})


def _free(text: str, wanted: FreeText) -> str:
    if len(text) < wanted.least:
        words = ngettext(
            "Please write at least %(count)s character.", "Please write at least %(count)s characters.", wanted.least
        )
        raise Refusal(words % {"count": wanted.least})
    if len(text) > wanted.most:
        words = ngettext(
            "Please write at most %(count)s character.", "Please write at most %(count)s characters.", wanted.most
        )
        raise Refusal(words % {"count": wanted.most})
    return text


def _numeric(text: str, wanted: Numeric) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Refusal(_("Please answer with a number, in digits."))
    value = Decimal(text.replace(",", "."))
    if wanted.whole and value != value.to_integral_value():
        raise Refusal(_("Please answer with a whole number."))
    if wanted.least is not None and value < _exact(wanted.least):
        raise Refusal(_("Please give a number that is at least %(least)s.") % {"least": written(_exact(wanted.least))})
    if wanted.most is not None and value > _exact(wanted.most):
        raise Refusal(_("Please give a number that is at most %(most)s.") % {"most": written(_exact(wanted.most))})
    return value


def holds(condition: Condition, answers: Mapping[str, Kept]) -> bool:
    if condition.key not in answers:
        return False
    kept, value = answers[condition.key], condition.value
    if condition.is_ == "answered":
        return True
    if isinstance(kept, bool) or isinstance(value, bool):
        return condition.is_ == "equals" and kept is value
    if isinstance(kept, Decimal) and isinstance(value, int | float):
        bound = _exact(value)
        return {
            "equals": kept == bound,
            "less": kept < bound,
            "at_most": kept <= bound,
            "more": kept > bound,
            "at_least": kept >= bound,
        }.get(condition.is_, False)
    return isinstance(value, str) and _text_holds(condition.is_, written(kept), value)


def _text_holds(how: str, text: str, value: str) -> bool:
    if how == "equals":
        return text.casefold() == value.strip().casefold()
    if how == "contains":
        return value.casefold() in text.casefold()
    return how == "matches" and compiled(value, False).found_in(text.encode(errors="replace"))


def _exact(number: float) -> Decimal:
    """As it was written: 0.1, and not the binary fraction nearest to it."""
    return Decimal(repr(number))


def written(value: Kept) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize(), "f")
    return value


def _told(answers: Mapping[str, Kept]) -> dict[str, str]:
    return {key: written(value) for key, value in answers.items()}


def choices(step: Ask) -> tuple[str, ...]:
    """What its buttons say; none for what is typed."""
    answer = step.answer
    if isinstance(answer, Choice):
        return answer.choices
    return (answer.yes, answer.no) if answer.kind == "yes_no" else ()
