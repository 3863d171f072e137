"""What a prompt says: checked, compared, written down, and read back."""

import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from chat.prompting.variables import MAX_VARIABLES, Variable, checked, clean, places
from meatlizard.errors import Invalid
from meatlizard.languages import number

MAX_TITLE = 100
MAX_HINT = 300
MAX_CATEGORY = 40
MAX_TEXT = 50_000

MAX_DIFF_LINES = 2_000
"""Comparing takes time with the square of the lines; beyond it only whole texts are shown."""

COMMAND = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Content:
    command: str
    title: str
    hint: str
    category: str
    text: str
    variables: tuple[Variable, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "command": self.command, "title": self.title, "hint": self.hint, "category": self.category,
            "text": self.text, "variables": [variable.as_dict() for variable in self.variables],
        }  # fmt: skip

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()


def read(
    command: str, title: str, hint: str, category: str, text: str, variables: Sequence[Mapping[str, Any]]
) -> Content:
    """Raises Invalid, in words, for what cannot be a prompt."""
    command = clean(command).strip().lstrip("/").lower()
    if not COMMAND.fullmatch(command):
        raise Invalid(
            _("A command has 1 to 40 small letters, digits, - and _, and begins with a letter or digit."),
            code="bad_command",
        )
    text = clean(text).strip()
    if not text:
        raise Invalid(_("A prompt needs a text."), code="empty")
    if len(text) > MAX_TEXT:
        words = _("A prompt has at most %(most)s characters.")
        raise Invalid(words % {"most": number(MAX_TEXT)}, code="too_long")
    title = _line(title, MAX_TITLE)
    if not title:
        raise Invalid(_("A prompt needs a title."), code="title_empty")
    found = tuple(checked(raw) for raw in variables)
    _agree(text, found)
    return Content(command, title, _line(hint, MAX_HINT), _line(category, MAX_CATEGORY), text, found)


def _line(text: str, most: int) -> str:
    return " ".join(clean(text).split())[:most].rstrip()


def _agree(text: str, variables: tuple[Variable, ...]) -> None:
    if len(variables) > MAX_VARIABLES:
        raise Invalid(
            _("A prompt has at most %(most)s variables.") % {"most": MAX_VARIABLES}, code="too_many_variables"
        )
    names = [variable.name for variable in variables]
    for name in names:
        if names.count(name) > 1:
            raise Invalid(_("Two variables have the name “%(name)s”.") % {"name": name}, code="bad_variable")
        if name not in places(text):
            words = _("The text has no place for “%(name)s”: write %(place)s where its value belongs.")
            raise Invalid(words % {"name": name, "place": "{{" + name + "}}"}, code="variable_unused")


def stored(found: Mapping[str, Any]) -> Content:
    """Content that was checked when it was stored."""
    variables = tuple(
        Variable(**{**raw, "choices": tuple(raw.get("choices", ()))}) for raw in found.get("variables", ())
    )
    return Content(
        **{name: found[name] for name in ("command", "title", "hint", "category", "text")}, variables=variables
    )


def written_out(content: Content) -> list[str]:
    """As lines that can be read and compared."""
    about = {_("Title"): content.title, _("What it is for"): content.hint, _("Category"): content.category}
    lines = [f"/{content.command}", *(f"{name}: {text}" for name, text in about.items())]
    return [*lines, *map(_described, content.variables), "", *content.text.splitlines()]


def _described(variable: Variable) -> str:
    more = {
        _("to begin with"): variable.default, _("choices"): " / ".join(variable.choices), _("at least"): variable.least,
        _("at most"): variable.most,
    }  # fmt: skip
    parts = [variable.kind, _("must be given") if variable.required else _("optional")]
    parts += [f"{name}: {text}" for name, text in more.items() if text]
    return f"{{{{{variable.name}}}}} {variable.label} ({'; '.join(parts)})"


def difference(before: Content, after: Content) -> list[tuple[str, str]] | None:
    """Lines with their sign, ``+``, ``-`` or a blank; None when there are too many to compare."""
    old, new = written_out(before), written_out(after)
    if len(old) + len(new) > MAX_DIFF_LINES:
        return None
    # All lines in one piece, without the three that name files; nothing at all when both are the same.
    lines = list(difflib.unified_diff(old, new, n=len(old) + len(new), lineterm=""))[3:]
    return [(line[0], line[1:]) for line in lines] or [(" ", line) for line in new]
