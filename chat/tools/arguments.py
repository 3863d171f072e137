"""The arguments of a tool: their JSON Schema from a function's signature, and what a model wrote read against it."""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from meatlizard.errors import Invalid

MOST_PROBLEMS = 5


class Arguments(BaseModel):
    """What a model does not know to be there it cannot mean."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def form(function: Callable[..., Any], hints: Mapping[str, Any]) -> type[Arguments]:
    """A model of all parameters but the first, which is the call. Raises ValueError for those that have no type or no name."""
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise ValueError(f"tool {function.__name__!r} does not take the call as its first argument")
    fields: dict[str, Any] = {}
    for one in parameters[1:]:
        if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) or one.name not in hints:
            raise ValueError(f"tool {function.__name__!r}: argument {one.name!r} has no type")
        fields[one.name] = (hints[one.name], ... if one.default is one.empty else one.default)
    return create_model(function.__name__, __base__=Arguments, **fields)


def schema(form: type[Arguments]) -> str:
    """JSON Schema as text, without what costs tokens and tells a model nothing."""
    found = form.model_json_schema()
    found.pop("title", None)
    found.pop("description", None)
    return json.dumps(_untitled(found), ensure_ascii=False, separators=(",", ":"))


def reader(form: type[Arguments]) -> Callable[[str], Mapping[str, Any]]:
    def read(given: str) -> Mapping[str, Any]:
        # First: what is no JSON (NaN, for one) some types would take all the same.
        any_object(given)
        try:
            values = form.model_validate_json(given.strip() or "{}")
        except ValidationError as error:
            raise Invalid(_wrong(error), code="tool_arguments") from None
        return {name: getattr(values, name) for name in form.model_fields}

    return read


def any_object(given: str) -> Mapping[str, Any]:
    """Arguments that somebody else will check. Raises Invalid for what is no JSON object."""
    try:
        found = json.loads(given.strip() or "{}", parse_constant=_no_number)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(_("The arguments are not a JSON object."), code="tool_arguments")
    return found


def _no_number(word: str) -> None:
    raise ValueError(word)


def _wrong(error: ValidationError) -> str:
    """In words for the model, which may try again."""
    found = [
        f"{'.'.join(str(part) for part in one['loc']) or _('arguments')}: {one['msg']}"
        for one in error.errors(include_url=False, include_input=False, include_context=False)[:MOST_PROBLEMS]
    ]
    return _("The arguments are wrong. %(problems)s") % {"problems": "; ".join(found)}


_DATA = frozenset({"default", "const", "enum", "examples"})


def _untitled(node: Any) -> Any:
    if isinstance(node, list):
        return [_untitled(one) for one in node]
    if not isinstance(node, dict):
        return node
    # Not the title of an argument that is called title: that one is a schema.
    return {
        key: value if key in _DATA else _untitled(value)
        for key, value in node.items()
        if key != "title" or not isinstance(value, str)
    }
