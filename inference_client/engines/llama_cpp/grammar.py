"""The form an answer is forced into: GBNF as given, or made from a JSON Schema. Imports llama_cpp only when needed."""

import json
import re
from functools import lru_cache
from typing import Any, Final

from inference_client.engines.base import EngineError
from inference_client.protocol.vocabulary import Sampling

MAX_DEPTH: Final = 1000
"""Of parentheses: llama.cpp reads them by recursion, and crashes at some tens of thousands."""

MAX_TEXT: Final = 1024 * 1024
MAX_REPEAT: Final = 500
"""In a schema: the converter writes each repetition out, one inside the other."""

_COUNTS: Final = ("minItems", "maxItems", "minLength", "maxLength")
_REPEAT: Final = re.compile(r"\{\s*(\d*)\s*,?\s*(\d*)\s*\}")
_LITERAL: Final = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*', re.DOTALL)


def gbnf(sampling: Sampling) -> str | None:
    """GBNF whose rule ``root`` an answer must follow; None if there is none.

    Raises EngineError ``invalid_grammar`` for what cannot be one. Whether a grammar is right is known only when llama.cpp
    has read it.
    """
    if sampling.json_schema and sampling.grammar:
        raise invalid("an answer can follow a JSON schema or a grammar, not both; leave one out")
    if sampling.json_schema:
        text = _from_schema(sampling.json_schema)
    elif sampling.grammar:
        text = sampling.grammar
    else:
        return None
    if len(text) > MAX_TEXT or "\0" in text:
        raise invalid("the grammar is too large; simplify it")
    if _depth(text) > MAX_DEPTH:
        raise invalid(f"the grammar is nested more than {MAX_DEPTH} deep; simplify it")
    return text


def invalid(detail: str) -> EngineError:
    return EngineError("invalid_grammar", detail)


@lru_cache(maxsize=32)
def _from_schema(text: str) -> str:
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("the JSON schema is no JSON; correct it") from None
    if schema is True:
        schema = {}
    if not isinstance(schema, dict):
        raise invalid("the JSON schema is no object; correct it")
    try:
        _check(schema)
        from llama_cpp.llama_grammar import json_schema_to_gbnf

        return str(json_schema_to_gbnf(json.dumps(schema)))
    except EngineError:
        raise
    except Exception as problem:
        # The converter refuses by assertions, and by whatever a schema of unexpected shape runs it into.
        said = str(problem).split(":")[0][:100] if isinstance(problem, AssertionError | ValueError) else ""
        detail = f" ({said})" if said else ""
        raise invalid(f"the JSON schema uses what cannot be turned into a grammar{detail}; simplify it") from None


def _check(node: Any) -> None:
    """What the converter would take without complaint, and then never finish or give a grammar that allows nothing."""
    if isinstance(node, list):
        for item in node:
            _check(item)
    if not isinstance(node, dict):
        return
    for key in _COUNTS:
        count = node.get(key)
        if isinstance(count, int | float) and count > MAX_REPEAT:
            raise invalid(f"{key} in the JSON schema is above {MAX_REPEAT}, which llama.cpp cannot follow; lower it")
    pattern = node.get("pattern")
    if isinstance(pattern, str):
        for found in _REPEAT.findall(pattern):
            if any(len(number) > 4 or int(number or 0) > MAX_REPEAT for number in found):
                raise invalid(f"a pattern in the JSON schema repeats more than {MAX_REPEAT} times; simplify it")
    for key in ("enum", "oneOf", "anyOf"):
        if node.get(key) == []:
            raise invalid(f"{key} in the JSON schema is empty, so that no answer is right; correct it")
    for value in node.values():
        _check(value)


def _depth(text: str) -> int:
    """Deepest nesting of parentheses outside literals, classes and comments."""
    deepest = depth = 0
    for character in _LITERAL.sub("", text):
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest
