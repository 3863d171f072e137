"""What people write, as it is stored."""

import re

from django.utils.translation import gettext

from chat.schema import MAX_PROMPT
from meatlizard.errors import Invalid
from meatlizard.languages import number

MAX_SYSTEM_PROMPT = 20_000

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Say nothing to a model or a reader; PostgreSQL refuses the first, and each weighs six bytes on the wire."""


def without_controls(text: str) -> str:
    return _CONTROLS.sub("", text)


def written(text: str, *, empty: bool = False) -> str:
    """What a person wrote, as it is stored. Raises Invalid when nothing is left of it (if it may not be ``empty``), or when it is
    too long."""
    text = _CONTROLS.sub("", text).strip()
    if not text and not empty:
        raise Invalid(gettext("Write something first."), code="empty")
    if len(text) > MAX_PROMPT:
        raise Invalid(
            gettext("A message has at most {most} characters; this one has {count}.").format(
                most=number(MAX_PROMPT), count=number(len(text))
            ),
            code="too_long",
        )
    return text


def checked_prompt(text: str) -> str:
    if len(text) > MAX_SYSTEM_PROMPT:
        raise Invalid(
            gettext("A system prompt has at most {most} characters.").format(most=number(MAX_SYSTEM_PROMPT)),
            code="system_prompt_too_long",
        )
    return _CONTROLS.sub("", text)
