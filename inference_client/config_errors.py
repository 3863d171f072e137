"""The first complaint about a configuration, in words: file, line, key, and what to do."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

Place = Sequence[str | int]

_WORDS: Final = {
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "string_type": 'must be text in "quotes"',
    "bool_type": "must be true or false, without quotes",
    "list_type": "must be a list in [brackets]",
    "dict_type": "must be a section of its own",
    "model_type": "must be a section of its own",
    "is_instance_of": 'must be text in "quotes"',
    "missing": "is missing; add it",
}
_HEADER: Final = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")


def explained(error: ValidationError, path: Path, text: str, schema: type[BaseModel]) -> str:
    """One sentence about the first complaint of ``error``."""
    found = error.errors(include_url=False)
    # A key that is missing may only be written wrongly.
    first = next((item for item in found if item["type"] == "extra_forbidden"), found[0])
    place: Place = first["loc"]
    line = line_of(text, place)
    where = f"{path}, line {line}" if line else f"{path}"
    if first["type"] == "extra_forbidden":
        return f"{where}: there is no key {_key(place)}; {_alternatives(place, schema)}"
    words = _WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ").replace("Input should", "must")
    if first["type"] != "value_error":
        return f"{where}: {_key(place)} {words}"
    return f"{where}: {_key(place)}: {words}" if "." in _key(place) else f"{where}: {words}"


def line_of(text: str, place: Place) -> int | None:
    """Of the key at ``place``, or of its section; counted from 1. A best effort: the TOML reader keeps no lines."""
    wanted = [part for part in place if isinstance(part, str)]
    number = next((part for part in place if isinstance(part, int)), 0)
    section: list[str] = []
    seen: dict[str, int] = {}
    best: tuple[int, int] | None = None
    for at, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            section = _parts(header[1])
            if line.lstrip().startswith("[["):
                seen[header[1]] = seen.get(header[1], -1) + 1
            found = section
        elif "=" in line and not line.lstrip().startswith("#"):
            found = [*section, *_parts(line.partition("=")[0])]
        else:
            continue
        depth = len(found)
        right_one = seen.get(section[0] if section else "", number) == number
        if right_one and found == wanted[:depth] and depth > (best[0] if best else 0):
            best = (depth, at)
    return best[1] if best else None


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r'"[^"]*"|\'[^\']*\'|[^.\s][^.]*', dotted)]


def _key(place: Place) -> str:
    return ".".join(str(part) for part in place if isinstance(part, str))


def _alternatives(place: Place, schema: type[BaseModel]) -> str:
    known = list(_section(place[:-1], schema).model_fields)
    near = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"


def _section(place: Place, schema: type[BaseModel]) -> type[BaseModel]:
    """The schema of the section at ``place``."""
    for part in place:
        if isinstance(part, str) and part in schema.model_fields:
            schema = _model_in(schema.model_fields[part].annotation) or schema
    return schema


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for item in get_args(annotation) if (found := _model_in(item))), None)
