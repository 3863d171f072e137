"""Fixtures of routes. Models are imported inside: a conftest may be read before Django is set up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chat.routes.table import Table


@pytest.fixture
def routing(transactional_db: None) -> "Table":
    """Routing is on, with the routes that come with the site."""
    from chat.routes import actions, table

    actions.switch(True)
    return table.watched.current()


@pytest.fixture(autouse=True)
def no_open_connections() -> Iterator[None]:
    """PostgreSQL drops no database that a thread of a finished loop still holds."""
    from meatlizard.threads import close_thread_connections

    yield
    close_thread_connections()
