"""What pages are told of the routes."""

from chat.routes import table


def offered() -> list[dict[str, str]]:
    """Those an answer may be asked for, in their order; empty while routing is off. No query."""
    return [
        {"key": route.key, "name": route.name, "description": route.description}
        for route in table.watched.current().routes
    ]
