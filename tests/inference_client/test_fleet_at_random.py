"""Anything in any order: every job of a fleet ends once, never more is loaded than fits, nobody waits for ever."""

import asyncio
import random

import pytest

from inference_client.engines.base import EngineError
from tests.inference_client.fleet_models import Crew, Machine, Model

STEPS = 300


def crew(dice: random.Random) -> Crew:
    machine = Machine(dice.choice([None, 3, 4, 6]))
    models = [
        Model(
            machine,
            name,
            dice.choice([1, 2, 3]),
            slots=dice.choice([1, 4]),
            preload=dice.random() < 0.2,
            keep_alive=dice.choice([None, 5, 60]),
        )
        for name in "abcd"
    ]
    return Crew(machine, *models)


async def step(crew: Crew, dice: random.Random, asked: list[int]) -> None:
    name = dice.choice("abcd")
    model = crew.models[name]
    match dice.randrange(10):
        case 0 | 1 | 2 | 3:
            asked.append(crew.ask(name))
        case 4:
            if asked:
                crew.fleet.cancel(dice.choice(asked))
        case 5:
            crew.fleet.load(name)
        case 6:
            crew.fleet.unload(name)
        case 7:
            model.refusals = [EngineError("model_truncated", "broken")] * dice.randrange(3)
        case 8:
            crew.move(dice.choice([1, 10, 700]))
        case 9:
            if model.may_load.is_set() and dice.random() < 0.3:
                model.may_load.clear()
            else:
                model.may_load.set()
    for model in crew.models.values():
        if model.engine is not None:
            model.engine.step(dice.randrange(4))
    for _ in range(dice.randrange(4)):
        await asyncio.sleep(0)


async def settle(crew: Crew, asked: list[int]) -> None:
    """Lets everything end."""
    for model in crew.models.values():
        model.refusals.clear()
        model.may_load.set()

    def work() -> bool:
        for model in crew.models.values():
            if model.engine is not None:
                model.engine.step()
        return set(asked) <= set(crew.ends)

    await crew.until(work)


@pytest.mark.parametrize("seed", range(40))
async def test_every_job_ends_exactly_once(seed: int) -> None:
    dice = random.Random(seed)
    asked: list[int] = []
    async with crew(dice) as made:
        for _ in range(STEPS):
            await step(made, dice, asked)
        await settle(made, asked)
        assert set(made.ends) == set(asked)
        assert made.fleet._engine_of == {}
        assert made.fleet._model_of == {}
        assert all(waiting == 0 for _, waiting in made.fleet.occupancy().values())
    assert made.fleet._line == []
