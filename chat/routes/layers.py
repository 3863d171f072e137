"""What a model reads because of the route that its answer took."""

from chat.models import Generation
from chat.prompting.layers import Layer, text_version
from chat.routes import table
from chat.routes.decisions import read


def layers(answer: Generation) -> tuple[Layer, ...]:
    """No query. None where the route was deleted, or says nothing."""
    decision = read(answer.routed)
    route = table.watched.current().get(decision.route) if decision else None
    if route is None or not route.prompt:
        return ()
    return (Layer("task", route.prompt, "route", text_version(route.prompt)),)
