"""What pages are told of the routes."""

from chat.routes import table
from chat.routes.table import Table


def offered() -> list[dict[str, str]]:
    """Those an answer may be asked for, in their order; empty while routing is off. No query."""
    return _told(table.watched.current())


def remembered() -> list[dict[str, str]]:
    """The same for the event loop, which must not ask the database."""
    return _told(table.watched.remembered(table.OFF))


def _told(known: Table) -> list[dict[str, str]]:
    return [{"key": route.key, "name": route.name, "description": route.description} for route in known.routes]
