"""The steps of a conversation flow, as an operator writes them in JSON. Pure."""

import json
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_STEPS = 100
MAX_BYTES = 200_000
"""Of a whole flow, as JSON."""

MAX_TEXT = 4_000
MAX_ANSWER = 5_000
MAX_CHOICES = 12
MAX_CONDITIONS = 20
MAX_PROBLEMS = 20
"""Told of at once."""

RESERVED = frozenset({"user", "char", "original"})
"""Words in double braces that mean something else already."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]
Words = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
Label = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^\S(.*\S)?$")]
Number = Annotated[float, Field(ge=-1e14, le=1e14, allow_inf_nan=False)]


class Part(BaseModel):
    # Strict, so that "18" is no number and true no 1.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FreeText(Part):
    """``least`` and ``most`` characters."""

    kind: Literal["text"]
    least: int = Field(default=1, ge=1, le=MAX_ANSWER)
    most: int = Field(default=2_000, ge=1, le=MAX_ANSWER)


class Choice(Part):
    kind: Literal["choice"]
    choices: Annotated[tuple[Label, ...], Field(min_length=2, max_length=MAX_CHOICES, strict=False)]


class Numeric(Part):
    """From ``least`` to ``most``, if they are given; ``whole`` takes no fractions."""

    kind: Literal["number"]
    least: Number | None = None
    most: Number | None = None
    whole: bool = False


class YesNo(Part):
    """``yes`` and ``no`` are what its buttons say."""

    kind: Literal["yes_no"]
    yes: Label = "Yes"
    no: Label = "No"


Expected = Annotated[FreeText | Choice | Numeric | YesNo, Field(discriminator="kind")]

Comparing = Literal["equals", "contains", "less", "at_most", "more", "at_least", "matches", "answered"]


class Condition(Part):
    """``key`` names a kept answer; where it was never given the condition does not hold. With it, the flow goes to ``go``."""

    key: Key
    is_: Comparing = Field(alias="is")
    value: Annotated[str, Field(max_length=500)] | bool | Number | None = None
    go: Name


class Say(Part):
    """A message; then ``next``, or the step behind it."""

    kind: Literal["say"]
    name: Name
    text: Words
    next: Name | None = None


class Ask(Part):
    """A question, and what is taken as an answer to it; kept under ``key``."""

    kind: Literal["ask"]
    name: Name
    text: Words
    key: Key
    answer: Expected
    next: Name | None = None


class Branch(Part):
    """The first of ``when`` that holds, else ``otherwise``."""

    kind: Literal["branch"]
    name: Name
    when: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=MAX_CONDITIONS, strict=False)]
    otherwise: Name


class HandOver(Part):
    """Free chat from here: a model reads the kept answers, and ``note``, which is for it alone."""

    kind: Literal["hand_over"]
    name: Name
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    note: Annotated[str, Field(max_length=MAX_TEXT)] = ""


class Close(Part):
    """The last message."""

    kind: Literal["close"]
    name: Name
    text: Words


Step = Annotated[Say | Ask | Branch | HandOver | Close, Field(discriminator="kind")]


class Flow(Part):
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS, strict=False)]

    def targets(self, at: int) -> list[str | None]:
        """Where it may go from its step number ``at``; None: behind the last."""
        step = self.steps[at]
        if isinstance(step, Say | Ask):
            behind = self.steps[at + 1].name if at + 1 < len(self.steps) else None
            return [step.next or behind]
        if isinstance(step, Branch):
            return [*(one.go for one in step.when), step.otherwise]
        return []


class WrongSteps(Exception):
    """``problems``: sentences for the operator who wrote it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def read(steps: Any) -> Flow:
    """``steps``: a list as :func:`json.loads` gives it. Raises WrongSteps."""
    try:
        if len(json.dumps(steps)) > MAX_BYTES:
            raise WrongSteps([_("A flow has at most %(most)s bytes.") % {"most": MAX_BYTES}])
        return Flow.model_validate({"steps": steps})
    except ValidationError as error:
        found = [_sentence(one, steps) for one in error.errors(include_url=False)]
        raise WrongSteps(list(dict.fromkeys(found))[:MAX_PROBLEMS]) from None
    except (RecursionError, ValueError):
        raise WrongSteps([_("This is not a list of steps.")]) from None


def _sentence(error: Any, steps: Any) -> str:
    place = list(error["loc"])[1:]
    if not place:
        return _("The steps: %(what)s.") % {"what": _what(error)}
    at = place[0]
    name = steps[at].get("name") if isinstance(steps, list) and isinstance(steps[at], dict) else None
    where = _("Step %(number)s") % {"number": at + 1}
    if isinstance(name, str) and name:
        where += f" “{name[:40]}”"
    # The discriminators of unions stand in the place as if they were keys.
    kinds = {"say", "ask", "branch", "hand_over", "close", "text", "choice", "number", "yes_no", "str", "bool"}
    keys = [
        one for number, one in enumerate(place[1:]) if not (one in kinds and (number == 0 or place[number] == "answer"))
    ]
    path = ".".join(
        str(one + 1) if isinstance(one, int) else one
        for one in keys
        if not str(one).startswith(("constrained", "float"))
    )
    return f"{where}, {path}: {_what(error)}." if path else f"{where}: {_what(error)}."


def _what(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return _("this is missing")
    if kind == "extra_forbidden":
        return _("no such key is known here")
    if kind == "union_tag_invalid":
        return _("the kind is one of %(kinds)s") % {"kinds": context["expected_tags"]}
    if kind == "union_tag_not_found":
        return _("a kind is missing")
    if kind == "string_pattern_mismatch":
        return _(
            "this is not written as it has to be (names: letters, digits, - and _; keys: small letters and _; texts: not blank)"
        )
    if kind in ("string_too_long", "too_long"):
        return _("at most %(most)s are taken") % {"most": context["max_length"]}
    if kind in ("string_too_short", "too_short"):
        return _("at least %(least)s are needed") % {"least": context["min_length"]}
    return str(error["msg"])
