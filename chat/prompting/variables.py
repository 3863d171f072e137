"""Variables of prompts: what they are, whether a value fits, and how values take their places in a text. Pure."""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args

from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from meatlizard.languages import number

Kind = Literal["text", "long", "number", "choice", "date", "boolean"]
KINDS: tuple[str, ...] = get_args(Kind)

MAX_VARIABLES = 20
MAX_LABEL = 80
MAX_CHOICES = 30
MAX_LINE = 2_000
MAX_LONG = 100_000
MAX_FILLED = 200_000
MAX_DIGITS = 30

TODAY = "today"
"""As the default of a date: the day on which the prompt is used."""

YES, NO = "yes", "no"
"""What stands in the text for a boolean."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}")
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Controls, which say nothing, and halves of characters, which no database takes."""


@dataclass(frozen=True, slots=True)
class Variable:
    """``least`` and ``most`` bound a number; ``choices`` are those of a choice. ``default`` is written as a value is."""

    name: str
    label: str
    kind: Kind = "text"
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()
    least: str = ""
    most: str = ""

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self.name, "label": self.label, "kind": self.kind, "required": self.required}
        if self.default:
            told["default"] = self.default
        if self.kind == "choice":
            told["choices"] = list(self.choices)
        if self.kind == "number":
            told |= {name: value for name, value in (("least", self.least), ("most", self.most)) if value}
        return told


def clean(text: str) -> str:
    """Without what neither a reader nor a database can take; line ends as one character."""
    return _UNREADABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def checked(raw: Mapping[str, Any]) -> Variable:
    """A variable from what a form or a stored version says of it. Raises Invalid for what makes no sense."""
    name = clean(str(raw.get("name") or "")).strip().lower()
    if not NAME.fullmatch(name):
        raise Invalid(
            _("A variable's name begins with a letter and has small letters, digits and _ only; “%(name)s” does not.")
            % {"name": name[:60]},
            code="bad_variable",
        )
    label = " ".join(clean(str(raw.get("label") or "")).split())[:MAX_LABEL] or name.replace("_", " ").capitalize()
    kind: Any = str(raw.get("kind") or "text")
    if kind not in KINDS:
        raise Invalid(_("“%(label)s” is of no kind that there is.") % {"label": label}, code="bad_variable")
    variable = Variable(
        name, label, kind, bool(raw.get("required", True)), clean(str(raw.get("default") or "")).strip(),
        _choices(raw, label) if kind == "choice" else (),
        _bound(raw.get("least"), label) if kind == "number" else "",
        _bound(raw.get("most"), label) if kind == "number" else "",
    )  # fmt: skip
    if variable.least and variable.most and Decimal(variable.least) > Decimal(variable.most):
        raise Invalid(_("The bounds of “%(label)s” exclude each other.") % {"label": label}, code="bad_variable")
    if variable.default and not (kind == "date" and variable.default == TODAY):
        value(variable, variable.default)
    return variable


def _choices(raw: Mapping[str, Any], label: str) -> tuple[str, ...]:
    given = raw.get("choices") or []
    words = given.splitlines() if isinstance(given, str) else [str(one) for one in given]
    found = tuple(dict.fromkeys(" ".join(clean(one).split())[:200] for one in words if clean(one).strip()))
    if not 2 <= len(found) <= MAX_CHOICES:
        raise Invalid(
            _("“%(label)s” needs 2 to %(most)s choices, one on each line.") % {"label": label, "most": MAX_CHOICES},
            code="bad_variable",
        )
    return found


def _bound(raw: Any, label: str) -> str:
    text = clean(str(raw if raw is not None else "")).strip()
    return _number(text, label) if text else ""


def _number(text: str, label: str) -> str:
    try:
        # Also "1e9" and signs; but no number that is a page long when it is written out.
        number = Decimal(text) if len(text) <= MAX_DIGITS else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise Invalid(_("“%(label)s” is a number.") % {"label": label}, code="bad_value")
    written = format(number, "f")
    return (written.rstrip("0").rstrip(".") if "." in written else written) or "0"


def value(variable: Variable, raw: Any) -> str:
    """``raw`` as it stands in the text. Raises Invalid when it does not fit."""
    text = clean((YES if raw else NO) if isinstance(raw, bool) else str("" if raw is None else raw))
    if not text.strip():
        if variable.kind == "boolean":
            return NO
        if variable.required:
            raise Invalid(_("“%(label)s” is missing.") % {"label": variable.label}, code="value_missing")
        return ""
    if variable.kind == "long":
        return _short_enough(text.strip("\n"), MAX_LONG, variable)
    text = text.strip()
    if variable.kind == "text":
        return _short_enough(" ".join(text.split()), MAX_LINE, variable)
    if variable.kind == "number":
        return _within(_number(text, variable.label), variable)
    if variable.kind == "date":
        return _date(text, variable)
    if variable.kind == "boolean":
        return _boolean(text, variable)
    if text not in variable.choices:
        raise Invalid(_("“%(label)s” is none of the choices.") % {"label": variable.label}, code="bad_value")
    return text


def _short_enough(text: str, most: int, variable: Variable) -> str:
    if len(text) > most:
        words = _("“%(label)s” has at most %(most)s characters.")
        raise Invalid(words % {"label": variable.label, "most": number(most)}, code="bad_value")
    return text


def _within(number: str, variable: Variable) -> str:
    low, high = variable.least, variable.most
    if (low and Decimal(number) < Decimal(low)) or (high and Decimal(number) > Decimal(high)):
        if low and high:
            words = _("“%(label)s” is a number from %(least)s to %(most)s.")
        else:
            words = _("“%(label)s” is at least %(least)s.") if low else _("“%(label)s” is at most %(most)s.")
        raise Invalid(words % {"label": variable.label, "least": low, "most": high}, code="bad_value")
    return number


def _date(text: str, variable: Variable) -> str:
    try:
        # fromisoformat also takes weeks and other spellings, by version of Python.
        return datetime.date.fromisoformat(text).isoformat() if len(text) == 10 else _no_date(variable)
    except ValueError:
        return _no_date(variable)


def _no_date(variable: Variable) -> str:
    raise Invalid(_("“%(label)s” is a date, written as 2026-01-31.") % {"label": variable.label}, code="bad_value")


def _boolean(text: str, variable: Variable) -> str:
    known = {"true": YES, "on": YES, "1": YES, YES: YES, "false": NO, "off": NO, "0": NO, NO: NO}
    if text.lower() not in known:
        raise Invalid(_("“%(label)s” is yes or no.") % {"label": variable.label}, code="bad_value")
    return known[text.lower()]


def default(variable: Variable) -> str:
    """What a variable has when nobody says anything."""
    today = variable.kind == "date" and variable.default == TODAY
    return timezone.localdate().isoformat() if today else variable.default


def fill(text: str, variables: Sequence[Variable], given: Mapping[str, Any]) -> str:
    """``text`` with each ``{{name}}`` replaced by what is ``given`` for it, or its default.

    In one pass: what stands in a value is never looked at again, so that a value cannot ask for another. Braces around anything that
    is no variable stay as they are. Raises Invalid for a value that does not fit, and for too long a result.
    """
    known = {one.name: value(one, given[one.name] if one.name in given else default(one)) for one in variables}
    filled = PLACE.sub(lambda found: known.get(found[1], found[0]), text)
    if len(filled) > MAX_FILLED:
        words = _("The filled prompt has more than %(most)s characters. Shorten what you put in.")
        raise Invalid(words % {"most": number(MAX_FILLED)}, code="too_long")
    return filled


def places(text: str) -> list[str]:
    """The names in ``text``, each once, in their order."""
    return list(dict.fromkeys(PLACE.findall(text)))
