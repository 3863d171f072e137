"""Fixtures of what models remember. Models are imported inside: a conftest may be read before Django is set up."""

from typing import TYPE_CHECKING

import pytest

from tests.meatlizard.moderation.conftest import fresh_rules, rule

__all__ = ["fresh_rules", "rule"]

if TYPE_CHECKING:
    from meatlizard.accounts.models import User
    from tests.chat.context.makers import Machine, Talk
    from tests.chat.makers import Pairing


@pytest.fixture
def machine(pair: "Pairing") -> "Machine":
    """With a window of 2,048 tokens."""
    from tests.chat.context.makers import Machine

    return Machine(pair("tiny"))


@pytest.fixture
def talk(alice: "User", machine: "Machine") -> "Talk":
    """Alice's conversation with that machine."""
    from tests.chat.context.makers import Talk

    return Talk(alice, machine)
