"""A model of a fleet that cannot be loaded, breaks or does not fit: its jobs hear why, and nobody else notices."""

import asyncio

import pytest

from inference_client.engines.base import EngineError, Error
from tests.inference_client.fleet_models import Crew, Machine, Model

BROKEN = EngineError("model_truncated", "the file ends too early; download it again")


async def test_a_model_that_cannot_be_loaded_fails_its_jobs_and_no_others() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        crew.models["a"].refusals = [BROKEN]
        crew.models["a"].may_load.clear()
        other = crew.ask("b")
        await crew.arrived("b", other)
        runs = [crew.ask("a"), crew.ask("a")]
        crew.models["a"].may_load.set()
        await crew.until(lambda: set(runs) <= set(crew.ends))
        for run in runs:
            end = crew.ends[run]
            assert isinstance(end, Error) and (end.code, end.detail, end.retry) == (BROKEN.code, BROKEN.detail, True)
        await crew.finish("b", other)
        assert crew.fleet.problems() == {"a": BROKEN.detail}
        # Once may be chance: it is still offered, and tried again after a while.
        assert "a" in {info.alias for info in crew.fleet.models()}
        soon = crew.ask("a")
        assert crew.models["a"].loads == 1
        crew.move(5)
        later = crew.ask("a")
        await crew.finish("a", later)
        assert isinstance(crew.ends[soon], Error)
        assert crew.fleet.problems() == {}


async def test_a_model_that_fails_again_is_not_offered_until_it_loads() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        model = crew.models["a"]
        model.refusals = [BROKEN] * 4
        for attempt, pause in enumerate((5, 10, 20, 40), 1):
            if attempt < 3:
                crew.ask("a")
            await crew.until(lambda attempt=attempt: model.loads == attempt and not model.machine.inside)
            await crew.until(lambda attempt=attempt: len(model.refusals) == 4 - attempt)
            await crew.until(lambda: "a" in crew.fleet.problems())
            await crew.idle()
            assert ("a" in {info.alias for info in crew.fleet.models()}) == (attempt == 1)
            crew.move(pause - 1)
            await crew.idle()
            assert model.loads == attempt, "it was tried too soon"
            crew.move(1)
        await crew.loaded("a")
        assert model.loads == 5
        errors = {item.alias: item.errors for item in crew.fleet.metrics()}
        assert errors == {"a": 2, "b": 0}


async def test_a_withdrawn_model_drives_nobody_out_to_be_tried() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        model = crew.models["a"]
        model.refusals = [BROKEN] * 2
        for attempt in (1, 2):
            crew.ask("a")
            await crew.until(lambda attempt=attempt: len(model.refusals) == 2 - attempt)
            await crew.until(lambda: not crew.fleet._line)
            if attempt == 1:
                crew.move(5)
        await crew.finish("b", crew.ask("b"))
        assert [info.alias for info in crew.fleet.models()] == ["b"]
        crew.move(1_000)
        await crew.until(lambda: len(crew.fleet.models()) == 2)
        assert (model.loads, crew.models["b"].loads) == (2, 1)
        await crew.finish("a", crew.ask("a"))


async def test_a_model_that_can_never_fit_is_not_offered_and_says_why() -> None:
    machine = Machine(10 * 1024**3)
    models = (Model(machine, "huge", 9 * 1024**3), Model(machine, "a", 1024**3))
    async with Crew(machine, *models, bound=4 * 1024**3) as crew:
        assert [info.alias for info in crew.fleet.models()] == ["a"]
        run = crew.ask("huge")
        await crew.until(lambda: run in crew.ends)
        assert isinstance(crew.ends[run], Error) and crew.ends[run].code == "model_too_big"
        assert "9.00 GiB" in crew.fleet.problems()["huge"] and "4.00 GiB" in crew.fleet.problems()["huge"]
        await crew.finish("a", crew.ask("a"))
        assert models[0].loads == 0


async def test_memory_taken_by_others_makes_idle_models_leave() -> None:
    machine = Machine(10)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        await crew.finish("a", crew.ask("a"))
        crew.models["b"].refusals = [EngineError("model_too_big", "others have the memory")]
        await crew.finish("b", crew.ask("b"))
        await crew.loaded("b")


async def test_an_engine_that_is_being_started_again_is_not_offered_and_says_so() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        await crew.finish("a", crew.ask("a"))
        engine = crew.models["a"].engine
        assert engine is not None
        offered = engine._models
        engine._models = {}
        assert [info.alias for info in crew.fleet.models()] == ["b"]
        assert "started again" in crew.fleet.problems()["a"]
        engine._models = offered
        assert [info.alias for info in crew.fleet.models()] == ["a", "b"]
        assert crew.fleet.problems() == {}


async def test_an_error_nobody_foresaw_is_the_models_alone() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        crew.models["a"].refusals = [ValueError("inside")]  # type: ignore[list-item]
        run = crew.ask("a")
        await crew.until(lambda: run in crew.ends)
        assert crew.ends[run].code == "engine_failed"
        assert "inside" not in crew.ends[run].detail
        await crew.finish("b", crew.ask("b"))
        crew.move(5)
        await crew.finish("a", crew.ask("a"))


async def test_a_fleet_that_can_no_longer_arrange_ends_its_readers_wait() -> None:
    machine = Machine(None)
    crew = Crew(machine, Model(machine, "a"))
    await crew.fleet.start()
    crew.fleet._line = None  # type: ignore[assignment]
    crew.fleet._kick.set()
    async with asyncio.timeout(10):
        with pytest.raises(TypeError):
            await crew._read()
    crew.fleet._line = []
    await crew.fleet.stop()


async def test_a_machine_without_one_usable_model_says_why_at_once() -> None:
    machine = Machine(1)
    model = Model(machine, "a", preload=True)
    model.unreadable = BROKEN
    with pytest.raises(EngineError, match="download it again"):
        async with Crew(machine, model):
            pass
    model.unreadable, model.refusals = None, [BROKEN]
    with pytest.raises(EngineError, match="download it again"):
        async with Crew(machine, model):
            pass
    assert machine.inside == []


async def test_a_file_that_appears_later_is_found() -> None:
    machine = Machine(2)
    absent = Model(machine, "a")
    absent.unreadable = EngineError("model_missing", "there is no file")
    async with Crew(machine, absent, Model(machine, "b")) as crew:
        assert [info.alias for info in crew.fleet.models()] == ["b"]
        absent.unreadable = None
        crew.move(1_000)
        await crew.loaded("a")


async def test_an_engine_whose_events_break_fails_its_runs_and_is_replaced() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a")) as crew:
        run = crew.ask("a")
        await crew.arrived("a", run)
        engine = crew.models["a"].engine
        assert engine is not None
        pump = crew.fleet._pumps[engine]
        crew.fleet._heard = _broken(crew.fleet._heard)  # type: ignore[assignment,method-assign]
        engine._steps.put_nowait([object()])  # type: ignore[list-item]
        await crew.until(pump.done)
        await crew.until(lambda: run in crew.ends)
        assert crew.ends[run].code == "engine_crashed"
        await crew.finish("a", crew.ask("a"))
        assert crew.models["a"].loads == 2


def _broken(heard: object) -> object:
    def once(engine: object, events: list[object]) -> None:
        if any(type(event) is object for event in events):
            raise ValueError("no event")
        heard(engine, events)  # type: ignore[operator]

    return once


async def test_stopping_in_the_middle_of_everything_leaves_nothing_behind() -> None:
    machine = Machine(2)
    crew = Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2), Model(machine, "c", 2))
    async with crew:
        running = crew.ask("a")
        await crew.arrived("a", running)
        crew.models["b"].may_load.clear()
        crew.ask("b")
        await crew.finish("a", running)
        await crew.until(lambda: crew.models["b"].loads == 1)
        crew.ask("c")
    assert machine.inside == []
    assert set(crew.ends) == {running}
    assert len(asyncio.all_tasks()) == 1
