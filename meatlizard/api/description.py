"""The description that programs read, put in order for people, and in their language: its words are marked with ``gettext_noop``."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from meatlizard.api import v1


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    summary: str
    note: str
    scope: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]


def groups() -> dict[str, list[Operation]]:
    """Operations by their tag, in the order they were registered."""
    schema = v1.api().get_openapi_schema()
    found: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, told in methods.items():
            for tag in told.get("tags", [""]):
                found.setdefault(tag, []).append(_operation(schema, path, method, told))
    return found


def _operation(schema: Any, path: str, method: str, told: Any) -> Operation:
    answers = [one for status, one in told["responses"].items() if str(status).startswith("2")]
    return Operation(
        method=method.upper(), path=path, summary=gettext(told["summary"]), note=_note(told), scope=told.get("x-scope", ""),
        parameters=[
            Field(one["name"], _kind(schema, one["schema"]), one.get("required", False), _note(one) or _note(one["schema"]))
            for one in told["parameters"]
        ],
        body=_fields(schema, told.get("requestBody", {})),
        answer=_fields(schema, answers[0]) if answers else [],
    )  # fmt: skip


def _note(told: Any) -> str:
    text = told.get("description", "")
    return gettext(text) if text else ""


def _fields(schema: Any, holder: Any) -> list[Field]:
    for content in holder.get("content", {}).values():
        model = _resolved(schema, content.get("schema", {}))
        needed = model.get("required", [])
        return [
            Field(name, _kind(schema, one), name in needed, _note(one))
            for name, one in model.get("properties", {}).items()
        ]
    return []


def _resolved(schema: Any, one: Any) -> Any:
    while "$ref" in one:
        one = schema["components"]["schemas"][one["$ref"].rpartition("/")[2]]
    return one


def _kind(schema: Any, one: Any) -> str:
    """A word or two: ``string``, ``list of Link``, ``integer or null``."""
    if "anyOf" in one:
        return " or ".join(dict.fromkeys(_kind(schema, part) for part in one["anyOf"]))
    if "$ref" in one:
        name = str(one["$ref"]).rpartition("/")[2]
        model = _resolved(schema, one)
        return " or ".join(map(str, model["enum"])) if "enum" in model else name
    if "enum" in one or "const" in one:
        return " or ".join(map(str, one.get("enum", [one.get("const")])))
    if one.get("type") == "array":
        return f"list of {_kind(schema, one.get('items', {}))}"
    kind = one.get("type", "any")
    return f"{one['format']}" if kind == "string" and "format" in one else str(kind)
