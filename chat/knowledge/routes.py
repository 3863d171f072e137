"""Collections that a route of messages brings along: whoever owns routes says which.

``routes.register(wanted, collections_of)`` in ``ready``: ``wanted(conversation)`` says without a query whether a route of this conversation could
have some, and ``collections_of(generation)`` returns their ids; retrieval asks for these once the route is known, and tells only of what
the asker may read.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from chat.models import Conversation, Generation

Wanted = Callable[[Conversation], bool]
OfRoute = Callable[[Generation], Iterable[UUID]]

_wanted: Wanted | None = None
_of_route: OfRoute | None = None


def register(wanted: Wanted, of_route: OfRoute) -> None:
    global _wanted, _of_route
    _wanted, _of_route = wanted, of_route


def wanted(conversation: Conversation) -> bool:
    return _wanted is not None and _wanted(conversation)


def collections_of(generation: Generation) -> list[UUID]:
    return list(_of_route(generation)) if _of_route else []
