"""JSON as a tree that folds."""

import html
import json
from typing import Any

NODES = 20_000
DEPTH = 60
OPEN = 2
"""Levels that are open at first."""

STRING = 2_000


def tree(text: str) -> str:
    """Raises ValueError for what is no JSON, or too large or deep to be folded."""
    try:
        value = json.loads(text, parse_constant=lambda name: name)
    except RecursionError:
        raise ValueError("too deep") from None
    budget = [NODES]
    return f'<ul class="tree">{_item("", value, 0, budget)}</ul>'


def _item(key: str, value: Any, depth: int, budget: list[int]) -> str:
    budget[0] -= 1
    if depth > DEPTH or budget[0] < 0:
        raise ValueError("too large")
    if isinstance(value, dict | list) and value:
        pairs = list(value.items()) if isinstance(value, dict) else [(str(n), item) for n, item in enumerate(value)]
        inside = "".join(_item(f"{_key(name)}", item, depth + 1, budget) for name, item in pairs)
        sign = "{ }" if isinstance(value, dict) else "[ ]"
        opened = " open" if depth < OPEN else ""
        head = f'{key}<span class="tree-sign">{sign} {len(pairs)}</span>'
        return f"<li><details{opened}><summary>{head}</summary><ul>{inside}</ul></details></li>"
    return f"<li>{key}{_leaf(value)}</li>"


def _key(name: str) -> str:
    return f'<span class="tree-key">{html.escape(name[:STRING])}</span> '


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        cut = "…" if len(value) > STRING else ""
        return f'<span class="tree-string">{html.escape(json.dumps(value[:STRING], ensure_ascii=False))}{cut}</span>'
    if isinstance(value, dict | list):
        return "{ }" if isinstance(value, dict) else "[ ]"
    return f'<span class="tree-value">{html.escape(json.dumps(value)[:STRING])}</span>'
