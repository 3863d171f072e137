"""Layers that the site's turn has found for single answers (:mod:`chat.preparing`), and keeps in rows by generation."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from chat.models import Generation
from chat.prompting.layers import Layer

Adding = Callable[[Sequence[Generation]], Mapping[UUID, Sequence[Layer]]]
"""Of these answers those for which something was found, by generation. Called for answers that were held before they were claimed."""

_adding: list[Adding] = []


def register(adding: Adding) -> None:
    """To be called in an app's ``ready``."""
    if adding not in _adding:
        _adding.append(adding)


def over(before: Sequence[Layer], found: Sequence[Layer]) -> tuple[Layer, ...]:
    """Both; what was found for this answer stands in place of what is told otherwise under the same name."""
    names = {layer.name for layer in found}
    return (*(layer for layer in before if layer.name not in names), *found)


def layers(answers: Sequence[Generation]) -> dict[UUID, tuple[Layer, ...]]:
    """No query for an answer that is claimed for the first time: whoever prepares one has held it, which has raised its epoch."""
    held = [one for one in answers if one.lease_epoch > 1]
    found: dict[UUID, tuple[Layer, ...]] = {}
    for adding in _adding if held else ():
        for generation, added in adding(held).items():
            found[generation] = (*found.get(generation, ()), *added)
    return found
