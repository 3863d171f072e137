"""Fixtures of the chat's tests. Models are imported inside: a conftest may be read before Django is set up."""

from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from meatlizard.accounts.models import User
    from tests.chat.makers import Asking, Pairing


@pytest.fixture
def ask(transactional_db: None) -> "Asking":
    """Asks a question as somebody; returns the generation."""
    from tests.chat.makers import ask_as

    return ask_as


@pytest.fixture
def pair(transactional_db: None, olga: "User") -> "Pairing":
    """Connects a node of Olga's."""
    from tests.chat.makers import connected_node

    return partial(connected_node, olga)
