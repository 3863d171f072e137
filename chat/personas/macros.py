"""The words in double braces that cards use for names. Pure."""

import re
from collections.abc import Mapping

_MACRO = re.compile(r"\{\{\s*([A-Za-z_]+)\s*\}\}")


def expanded(text: str, values: Mapping[str, str]) -> str:
    """``text`` with ``{{name}}`` replaced by ``values["name"]``, whatever its case; unknown ones stay. Once: braces in a value are
    text.
    """
    if "{{" not in text:
        return text
    return _MACRO.sub(lambda found: values.get(found[1].lower(), found[0]), text)
