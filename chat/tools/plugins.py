"""Tools of other Python packages. One that is installed beside the site names them in the entry points of :data:`GROUP`:

    [project.entry-points."meatlizard.tools"]
    dice = "meatlizard_dice:TOOLS"

What a name leads to is a tool or several. They are off until an operator switches them on. A package that breaks is told of by a
system check and in the administration, and stops nothing else.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from django.core.checks import CheckMessage, Warning, register

from chat.tools import registry
from chat.tools.registry import Tool

log = logging.getLogger(__name__)

GROUP = "meatlizard.tools"


@dataclass(frozen=True, slots=True)
class Broken:
    """``name`` of the entry point, the package it is of, and why there are no tools of it."""

    name: str
    package: str
    reason: str


_broken: dict[str, Broken] = {}


def load() -> None:
    _broken.clear()
    for point in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        package = point.dist.name if point.dist is not None else point.value
        try:
            _take(point, package)
        except (Exception, SystemExit) as error:
            log.exception("tools.plugin_broken", extra={"plugin": point.name, "package": package})
            _broken[point.name] = Broken(point.name, package, f"{type(error).__name__}: {error}"[:500])


def broken() -> list[Broken]:
    return list(_broken.values())


def _take(point: EntryPoint, package: str) -> None:
    found = point.load()
    tools = (found,) if isinstance(found, Tool) else tuple(found) if isinstance(found, Iterable) else ()
    if not tools or not all(isinstance(one, Tool) for one in tools):
        raise TypeError(f"{point.value} is neither a tool nor a sequence of tools")
    for one in tools:
        if (there := registry.get(one.name)) is not None and there.answer is not one.answer:
            raise ValueError(f"there is a tool named {one.name} already")
    for one in tools:
        registry.register(replace(one, state="off"), origin=package)


@register()
def loaded(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        Warning(
            f"The plug-in {one.name} of {one.package} is broken, and its tools are not there: {one.reason}",
            hint="Update or uninstall the package.",
            id="chat.W001",
        )
        for one in broken()
    ]
