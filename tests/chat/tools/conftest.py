"""Tools of the tests, which no other test sees."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from chat.tools.registry import Call, Tool


@pytest.fixture
def call(alice: Any) -> "Call":
    """Alice's answer asks for a tool."""
    from chat.tools.registry import Call

    return Call(alice, uuid4(), uuid4(), uuid4(), "web")


@pytest.fixture
def registered() -> Iterator[Any]:
    """Registers tools until the test is over."""
    from chat.tools import registry

    names: list[str] = []

    def register(*tools: "Tool") -> None:
        for one in tools:
            names.append(one.name)
            registry.register(one)

    yield register
    for name in names:
        registry.forget(name)
