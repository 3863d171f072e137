"""Collections that a route of messages brings along: whoever owns routes says which.

``routes.register(collections_of)`` in ``ready``, where ``collections_of(generation)`` returns ids; retrieval asks for it once the route is
known, and tells only of what the asker may read.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from chat.models import Generation

OfRoute = Callable[[Generation], Iterable[UUID]]

_of_route: OfRoute | None = None


def register(of_route: OfRoute) -> None:
    global _of_route
    _of_route = of_route


def collections_of(generation: Generation) -> list[UUID]:
    return list(_of_route(generation)) if _of_route else []
