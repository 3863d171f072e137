"""Collections that the route of a question brings along. Operators choose among the site's; told is only what the asker may read."""

from uuid import UUID

from chat.models import Conversation, Generation
from chat.routes import decisions, table


def wanted(conversation: Conversation) -> bool:
    """Whether a route of this conversation could bring some. No query."""
    return not conversation.model and any(route.collections for route in table.watched.current().routes)


def concerns(generation: Generation) -> bool:
    """Whether the route of this answer brings some, or may yet: rules may have left it open. No query."""
    decision = decisions.read(generation.routed)
    return decision is not None and (decision.open or bool(collections_of(generation)))


def collections_of(generation: Generation) -> list[UUID]:
    decision = decisions.read(generation.routed)
    route = table.watched.current().get(decision.route) if decision else None
    return list(route.collections) if route else []
