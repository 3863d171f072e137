"""Whatever stands in an archive, reading it ends in a conversation or in a refusal, never in another error."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.portability import writing
from chat.portability.form import checked
from meatlizard.errors import Invalid

FIXTURES = Path(__file__).parent / "fixtures"
GOOD = {name: json.loads((FIXTURES / f"{name}.json").read_text()) for name in ("chatgpt", "claude")}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["a1", "u1", "m1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to every part of ``value``."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        found += places(part, (*path, key))
    return found


@pytest.mark.parametrize("name", sorted(GOOD))
@settings(max_examples=300)
@given(data=st.data())
def test_a_changed_archive_is_read_or_refused(name: str, data: st.DataObject) -> None:
    talk = copy.deepcopy(data.draw(st.sampled_from(GOOD[name])))
    for _ in range(data.draw(st.integers(1, 4))):
        ways = places(talk)
        way = data.draw(st.sampled_from(ways))
        at = talk
        for key in way[:-1]:
            at = at[key]
        if data.draw(st.booleans()) and isinstance(at, dict):
            del at[way[-1]]
        else:
            at[way[-1]] = data.draw(anything)
        if not places(talk):
            break
    try:
        _, found = writing.read(talk)
    except Invalid:
        return
    assert checked(found) == found
    json.dumps([turn.content for turn in found.messages], ensure_ascii=False).encode()


@settings(max_examples=300)
@given(found=anything)
def test_anything_else_is_refused(found: Any) -> None:
    with pytest.raises(Invalid):
        writing.read(found)


@settings(max_examples=200)
@given(found=st.dictionaries(st.sampled_from(["version", "exported", "conversation"]), anything))
def test_our_own_form_is_read_strictly(found: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        writing.read({**found, "format": "meatlizard.conversation"})
