"""A collection of Alice's, and one of the site's."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chat.models import Collection, Document
    from meatlizard.accounts.models import User

Noting = Callable[..., "Document"]


@pytest.fixture
def shelf(db: None, alice: "User") -> "Collection":
    from chat.knowledge import actions

    return actions.make(alice, "Lizards", "All about them")


@pytest.fixture
def sites(db: None, olga: "User") -> "Collection":
    from chat.knowledge import actions

    return actions.make(olga, "House rules", for_all=True)


@pytest.fixture
def note() -> Noting:
    """Puts a text into a collection."""
    from chat.knowledge import adding

    def noted(collection: "Collection", text: str, name: str = "Notes") -> "Document":
        return adding.add_note(collection, name, text)

    return noted
