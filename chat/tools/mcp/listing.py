"""What a server says of its tools, made into what may be kept and shown to models. Pure, and written for the worst of servers."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from chat.fencing import visible

MOST_TOOLS = 100
"""Of one server."""

MOST_NAME = 128
MOST_DESCRIPTION = 2_000
MOST_SCHEMA = 20_000
MOST_DEPTH = 16
MOST_PARTS = 2_000
"""Of a schema with everything put in that it refers to: one of a hundred lines can stand for a billion."""

NAME = 64
BETWEEN = "__"


class Unusable(Exception):
    """Why a tool cannot be used, in words for operators."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A tool as it will be kept. ``problem``: why it cannot be used; empty: it can."""

    name: str
    tool: str
    title: str
    description: str
    parameters: str
    fingerprint: str
    problem: str = ""


def listed(server: str, tools: Iterable[Mapping[str, Any]]) -> list[Listed]:
    """``tools`` have ``name`` and may have ``title``, ``description`` and ``inputSchema``. Names that cannot be kept are left out."""
    found: dict[str, Listed] = {}
    for one in tools:
        if len(found) == MOST_TOOLS:
            break
        name = one.get("name")
        if isinstance(name, str) and 0 < len(name) <= MOST_NAME and visible(name) == name and name not in found:
            found[name] = _listed(server, name, one)
    return list(found.values())


def _listed(server: str, name: str, one: Mapping[str, Any]) -> Listed:
    said = [one.get("title") or "", one.get("description") or "", one.get("inputSchema") or {}]
    mark = fingerprint(name, *said)
    problem, parameters = "", "{}"
    try:
        parameters = schema(said[2])
        if len(str(said[1])) > MOST_DESCRIPTION:
            raise Unusable(_("Its description is longer than %(most)s characters.") % {"most": MOST_DESCRIPTION})
    except Unusable as error:
        problem = str(error)
    title = " ".join(visible(str(said[0])).split())[:100]
    description = visible(str(said[1]))[:MOST_DESCRIPTION].strip()
    return Listed(name, unique(server, name), title, description, parameters, mark, problem)


def fingerprint(name: str, title: Any, description: Any, parameters: Any) -> str:
    """Of all that a model reads of a tool, as the server said it."""
    said = json.dumps([name, title, description, parameters], sort_keys=True, default=str)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def unique(server: str, name: str) -> str:
    """``server__name`` in the letters that the wire takes; what does not fit is told apart by a hash of the whole."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    whole = f"{server}{BETWEEN}{plain}"
    if plain == name and len(whole) <= NAME:
        return whole
    tail = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{whole[: NAME - len(tail) - 1]}_{tail}"


def schema(given: Any) -> str:
    """The JSON Schema of the arguments as text. Raises Unusable."""
    if not isinstance(given, Mapping) or given.get("type", "object") != "object":
        raise Unusable(_("Its arguments are no JSON object."))
    try:
        _weigh(given, given, 0, [MOST_PARTS], ())
        clean = _visible(given)
        text = json.dumps({"type": "object", **clean}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except RecursionError:
        raise Unusable(_("The schema of its arguments goes too deep.")) from None
    except ValueError:
        raise Unusable(_("The schema of its arguments is no JSON.")) from None
    if len(text) > MOST_SCHEMA:
        raise Unusable(_("The schema of its arguments is longer than %(most)s characters.") % {"most": MOST_SCHEMA})
    return text


def _weigh(node: Any, whole: Mapping[str, Any], depth: int, left: list[int], inside: tuple[str, ...]) -> None:
    """Counts ``left`` down by every part, through all references, which may lead within the schema alone and not in circles."""
    left[0] -= 1
    if depth > MOST_DEPTH or left[0] < 0:
        raise Unusable(_("The schema of its arguments is too large, or refers to itself."))
    if isinstance(node, list):
        for one in node:
            _weigh(one, whole, depth + 1, left, inside)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                if value in inside:
                    raise Unusable(_("The schema of its arguments is too large, or refers to itself."))
                _weigh(_referred(value, whole), whole, depth + 1, left, (*inside, value))
            else:
                _weigh(value, whole, depth + 1, left, inside)


def _referred(reference: str, whole: Mapping[str, Any]) -> Any:
    node: Any = whole
    if reference == "#":
        return whole
    if not reference.startswith("#/"):
        raise Unusable(_("The schema of its arguments refers to something outside of it."))
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            raise Unusable(_("The schema of its arguments refers to what is not there."))
        node = node[key]
    return node


def _visible(node: Any) -> Any:
    """Without what people do not see and models read."""
    if isinstance(node, str):
        return visible(node)
    if isinstance(node, list):
        return [_visible(one) for one in node]
    if isinstance(node, Mapping):
        return {visible(str(key)): _visible(value) for key, value in node.items()}
    return node
