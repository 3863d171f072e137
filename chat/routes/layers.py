"""What a model reads because of the route that its answer took."""

from chat.context.reading import Machine
from chat.models import Generation
from chat.prompting.layers import Layer, text_version
from chat.routes import table
from chat.routes.decisions import read
from chat.routes.table import Route


def layers(answer: Generation) -> tuple[Layer, ...]:
    """No query. None where the route was deleted, or says nothing."""
    return of_route(_route(answer))


def of_route(route: Route | None) -> tuple[Layer, ...]:
    if route is None or not route.prompt:
        return ()
    return (Layer("task", route.prompt, "route", text_version(route.prompt)),)


def bounded(answer: Generation, machine: Machine) -> Machine:
    """Who answers, with as much of the window as the route leaves."""
    route = _route(answer)
    if route is None or route.window is None:
        return machine
    return machine._replace(window=min(route.window, machine.window or route.window))


def _route(answer: Generation) -> Route | None:
    decision = read(answer.routed) if answer.routed else None
    return table.watched.current().get(decision.route) if decision else None
