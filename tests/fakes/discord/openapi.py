"""Discord's own description of its REST API, as a judge of what both sides say. Without the file everything passes.

The description is a public file that is not kept in this repository; ``VECTORS_DIR`` names the folder where it lies.
"""

import copy
import functools
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.fakes.discord.state import Json

FILE = "discord_openapi.json"
KNOWN_DEVIATIONS: list[tuple[str, str, str]] = [
    (
        "set_channel_permission_overwrite",
        r"^(allow|deny): '\d+' is not of type 'integer'",
        "bits as text, as Discord's pages for developers have them, and as discord.py sends them",
    ),
]
"""(operation, pattern of the complaint, reason): where the description and Discord, or discord.py, are known to differ."""


@dataclass(frozen=True)
class Violation:
    """One body that the description does not allow; ``by`` says whose it was: "bot" or "fake"."""

    operation: str
    by: str
    where: str
    complaint: str
    body: str

    def __str__(self) -> str:
        return f"{self.by} in {self.operation} at {self.where or 'the top'}: {self.complaint}\n    {self.body}"


@functools.cache
def _document() -> Json | None:
    """Read once for all tests of this process."""
    folder = os.environ.get("VECTORS_DIR")
    path = Path(folder) / FILE if folder else None
    if path is None or not path.exists():
        return None
    loaded: Json = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def _registry(*, for_requests: bool) -> "Registry[Any]":
    document = copy.copy(_document() or {})
    if for_requests:
        # Discord takes ids as numbers too, and discord.py sends them so; it never answers with numbers.
        schemas = dict(document["components"]["schemas"])
        schemas["SnowflakeType"] = {"anyOf": [schemas["SnowflakeType"], {"type": "integer", "minimum": 0}]}
        document["components"] = document["components"] | {"schemas": schemas}
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    return Registry().with_resource("urn:discord", resource)


@functools.cache
def _operations() -> dict[str, tuple[str, str]]:
    """(path, method) by the name of the operation."""
    document = _document()
    assert document is not None
    return {
        operation["operationId"]: (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


@functools.cache
def _validator(operation: str, part: str) -> Draft202012Validator | None:
    """For the request, or for the answer with the status ``part``; None where the description names no body."""
    document = _document()
    assert document is not None
    path, method = _operations()[operation]
    described = document["paths"][path][method]
    if part == "request":
        content, place = described.get("requestBody", {}).get("content", {}), "requestBody"
    else:
        found = described["responses"].get(part)
        content, place = (found or {}).get("content", {}), f"responses/{part}"
    if "application/json" not in content:
        return None
    pointer = "/".join(one.replace("~", "~0").replace("/", "~1") for one in ("paths", path, method))
    schema = {"$ref": f"urn:discord#/{pointer}/{place}/content/application~1json/schema"}
    return Draft202012Validator(schema, registry=_registry(for_requests=part == "request"))


class Description:
    """Collects ``violations``; a fixture looks at them when a test ends."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    @property
    def known(self) -> bool:
        return _document() is not None

    def check_request(self, operation: str, body: Any) -> None:
        self._check(operation, "request", "bot", body)

    def check_answer(self, operation: str, status: int, body: Any) -> None:
        self._check(operation, str(status), "fake", body)

    def _check(self, operation: str, part: str, by: str, body: Any) -> None:
        if not self.known or operation not in _operations():
            return
        validator = _validator(operation, part)
        if validator is None:
            return
        for error in validator.iter_errors(body):
            self._note(operation, by, error, body)

    def _note(self, operation: str, by: str, error: Any, body: Any) -> None:
        deepest = _deepest(error)
        where, complaint = "/".join(map(str, deepest.absolute_path)), deepest.message[:400]
        for known, pattern, _reason in KNOWN_DEVIATIONS:
            if known == operation and re.search(pattern, f"{where}: {complaint}"):
                return
        self.violations.append(Violation(operation, by, where, complaint, json.dumps(body)[:600]))


def _deepest(error: Any) -> Any:
    """Of the branches of a union, the one that was meant: whose ``type`` fits, and then the one that came furthest."""
    while error.context:
        other = {one.schema_path[0] for one in error.context if one.absolute_path and one.absolute_path[-1] == "type"}
        meant = [one for one in error.context if one.schema_path[0] not in other] or error.context
        error = max(meant, key=lambda one: (len(one.absolute_path), len(one.absolute_schema_path)))
    return error
