"""Layers that other apps add to single answers: what a door knows that an answer is asked through. Nobody adds any until somebody registers."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from chat.models import Generation
from chat.prompting.layers import Layer

Adding = Callable[[Sequence[Generation]], Mapping[UUID, Sequence[Layer]]]
"""Of the answers those that get something, by their generation. Called for answers of conversations that are read elsewhere than on the web."""

_adding: list[Adding] = []


def register(adding: Adding) -> None:
    """To be called in an app's ``ready``."""
    if adding not in _adding:
        _adding.append(adding)


def layers(answers: Sequence[Generation]) -> dict[UUID, tuple[Layer, ...]]:
    """No query where there are none of these answers."""
    found: dict[UUID, tuple[Layer, ...]] = {}
    for adding in _adding if answers else ():
        for generation, added in adding(answers).items():
            found[generation] = (*found.get(generation, ()), *added)
    return found
