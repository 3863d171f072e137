"""Several models on one machine: loaded when asked for, in turns when they do not fit, each other's failures unnoticed."""

import pytest

from inference_client.engines.base import Done, EngineError, Error
from inference_client.engines.line import MOST_ORDERS
from tests.fakes.engine import ScriptedEngine
from tests.inference_client.fleet_models import Crew, Machine, Model


def done(crew: Crew, run: int) -> bool:
    end = crew.ends[run]
    return isinstance(end, Done) and end.reason == "stop"


async def test_a_model_is_loaded_by_its_first_job_and_answers() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        assert [(info.alias, info.loaded) for info in crew.fleet.models()] == [("a", False), ("b", False)]
        run = crew.ask("a", "hi")
        await crew.finish("a", run)
        assert crew.texts[run] == "You said: hi"
        assert [(info.alias, info.loaded) for info in crew.fleet.models()] == [("a", True), ("b", False)]
        await crew.finish("a", crew.ask("a"))
        assert crew.models["a"].loads == 1
        assert machine.inside == [crew.models["a"]]
    assert machine.inside == []


async def test_jobs_of_all_models_run_side_by_side_when_they_fit() -> None:
    machine = Machine(4)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        first, second = crew.ask("a"), crew.ask("b")
        await crew.arrived("a", first)
        await crew.arrived("b", second)
        await crew.finish("b", second)
        await crew.finish("a", first)
        assert done(crew, first) and done(crew, second)


async def test_what_is_to_be_preloaded_is_there_before_anybody_asks() -> None:
    machine = Machine(3)
    models = (Model(machine, "a", 2, preload=True), Model(machine, "b", 2, preload=True), Model(machine, "c", 1))
    async with Crew(machine, *models) as crew:
        # The second does not fit beside the first, and is loaded when it is asked for.
        assert [info.loaded for info in crew.fleet.models()] == [True, False, False]
        await crew.finish("b", crew.ask("b"))


async def test_the_longest_unused_leaves_when_memory_is_short() -> None:
    machine = Machine(3)
    async with Crew(machine, *(Model(machine, name) for name in "abcd")) as crew:
        for name in "abcab":
            await crew.finish(name, crew.ask(name))
            crew.move(1)
        await crew.finish("d", crew.ask("d"))
        await crew.loaded("a", "b", "d")


async def test_a_model_with_running_jobs_stays_and_the_other_waits() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        first = crew.ask("a")
        await crew.arrived("a", first)
        second = crew.ask("b")
        await crew.idle()
        assert crew.models["b"].loads == 0
        await crew.finish("a", first)
        await crew.finish("b", second)
        assert done(crew, first) and done(crew, second)


async def test_two_that_do_not_fit_take_turns_instead_of_pushing_each_other_out() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        first = crew.ask("a")
        await crew.arrived("a", first)
        # Asked in turns, ten times; each turn of a model takes all that wait for it.
        runs = [(name, crew.ask(name)) for _ in range(10) for name in ("b", "a")]
        await crew.idle()
        assert crew.runs("a") == [first]
        await crew.finish("a", first)
        await crew.finish("b", *(run for name, run in runs if name == "b"))
        await crew.finish("a", *(run for name, run in runs if name == "a"))
        assert all(done(crew, run) for _, run in runs)
        assert (crew.models["a"].loads, crew.models["b"].loads) == (2, 1)


async def test_nobody_starves_behind_a_model_that_is_always_asked() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        first = crew.ask("a")
        await crew.arrived("a", first)
        waiting = crew.ask("b")
        later = [crew.ask("a") for _ in range(5)]
        await crew.finish("a", first)
        await crew.finish("b", waiting)
        assert not set(later) & set(crew.ends)
        await crew.finish("a", *later)


async def test_a_third_that_need_not_go_is_not_held_up() -> None:
    machine = Machine(3)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2), Model(machine, "small", 1)) as crew:
        await crew.finish("small", crew.ask("small"))
        crew.move(1)
        busy = crew.ask("a")
        await crew.arrived("a", busy)
        small = crew.ask("small")
        await crew.arrived("small", small)
        waiting = crew.ask("b")
        await crew.idle()
        another = crew.ask("small")
        await crew.arrived("small", another)
        assert waiting not in crew.ends
        await crew.finish("small", small, another)
        await crew.finish("a", busy)
        await crew.finish("b", waiting)


async def test_a_model_leaves_after_its_keep_alive_and_comes_back() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a", keep_alive=60), Model(machine, "b")) as crew:
        await crew.finish("a", crew.ask("a"))
        await crew.finish("b", crew.ask("b"))
        crew.move(59)
        await crew.idle()
        await crew.loaded("a", "b")
        running = crew.ask("a")
        crew.move(100)
        await crew.idle()
        await crew.loaded("a", "b")
        await crew.finish("a", running)
        crew.move(61)
        await crew.loaded("b")
        await crew.finish("a", crew.ask("a"))
        assert crew.models["a"].loads == 2


async def test_what_was_measured_is_remembered_while_a_model_is_away() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a")) as crew:
        await crew.finish("a", crew.ask("a"))
        engine = crew.models["a"].engine
        assert engine is not None
        measured = {"generation_tps": 42.5, "sha256": "cd" * 32}
        engine._models["a"] = engine._models["a"].model_copy(update=measured)
        crew.fleet.unload("a")
        await crew.loaded()
        for _ in range(2):
            (info,) = crew.fleet.models()
            assert (info.generation_tps, info.sha256) == (42.5, "cd" * 32)
            crew.fleet.load("a")
            await crew.loaded("a")


async def test_the_offer_is_the_same_object_until_it_changes() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        await crew.finish("a", crew.ask("a"))
        first, second = crew.fleet.models(), crew.fleet.models()
        assert all(one is other for one, other in zip(first, second, strict=True))


async def test_what_a_model_did_is_counted_once_though_it_left() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        crew.fleet.metrics()
        await crew.finish("a", crew.ask("a"), crew.ask("a"))
        crew.fleet.unload("a")
        await crew.loaded()
        await crew.finish("a", crew.ask("a"))
        crew.move(5)
        found = {item.alias: item for item in crew.fleet.metrics()}
        assert (found["a"].requests, found["a"].seconds, found["a"].busy) == (3, 5.0, 0)
        assert found["a"].completion_tokens > 0
        assert found["b"].requests == 0
        again = {item.alias: item for item in crew.fleet.metrics()}
        assert (again["a"].requests, again["a"].completion_tokens, again["a"].seconds) == (0, 0, 0.0)


async def test_who_waits_for_a_model_is_counted() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        running = crew.ask("a")
        await crew.arrived("a", running)
        waiting = [crew.ask("b"), crew.ask("b")]
        assert crew.fleet.occupancy() == {"a": (1, 0), "b": (0, 2)}
        assert {item.alias: item.waiting for item in crew.fleet.metrics()}["b"] == 2
        await crew.finish("a", running)
        await crew.finish("b", *waiting)
        assert crew.fleet.occupancy() == {}


async def test_what_it_runs_on_is_found_out_without_a_model() -> None:
    async def found() -> str:
        return "metal"

    machine = Machine(None)
    crew = Crew(machine, Model(machine, "a"))
    crew.fleet._accelerator = found
    async with crew:
        assert crew.fleet.backend == "metal"


async def test_stop_is_confirmed_for_who_waits_and_who_runs() -> None:
    machine = Machine(2)
    async with Crew(machine, Model(machine, "a", 2), Model(machine, "b", 2)) as crew:
        running = crew.ask("a")
        await crew.arrived("a", running)
        waiting = crew.ask("b")
        crew.fleet.cancel(waiting)
        crew.fleet.cancel(running)
        crew.fleet.cancel(999)
        await crew.until(lambda: {running, waiting} <= set(crew.ends))
        assert [crew.ends[run].reason for run in (running, waiting)] == ["cancelled", "cancelled"]
        await crew.idle()
        # Nobody waits for b any more: nobody had to go for it.
        assert crew.models["b"].loads == 0
        await crew.loaded("a")


async def test_a_job_stopped_while_its_model_loads_is_over_at_once() -> None:
    machine = Machine(None)
    model = Model(machine, "a")
    model.may_load.clear()
    async with Crew(machine, model) as crew:
        run = crew.ask("a")
        await crew.until(lambda: model.loads == 1)
        crew.fleet.cancel(run)
        await crew.until(lambda: run in crew.ends)
        model.may_load.set()
        await crew.loaded("a")
        assert crew.runs("a") == []


async def test_orders_load_and_unload() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        crew.fleet.load("a")
        await crew.loaded("a")
        crew.fleet.load("a")
        running = crew.ask("a")
        await crew.arrived("a", running)
        crew.fleet.unload("a")
        await crew.idle()
        # Who comes after the order waits for the model to come back; others are not held up.
        late = crew.ask("a")
        other = crew.ask("b")
        await crew.finish("b", other)
        await crew.loaded("a", "b")
        await crew.finish("a", running)
        await crew.finish("a", late)
        assert crew.models["a"].loads == 2
        crew.fleet.unload("a")
        crew.fleet.unload("b")
        crew.fleet.unload("nobody")
        await crew.loaded()


async def test_an_order_to_unload_counts_for_who_asked_before_it() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a")) as crew:
        early = crew.ask("a")
        crew.fleet.unload("a")
        late = crew.ask("a")
        await crew.arrived("a", early)
        assert crew.runs("a") == [early]
        await crew.finish("a", early)
        await crew.finish("a", late)
        assert crew.models["a"].loads == 2


async def test_standing_engines_run_beside() -> None:
    machine = Machine(1)
    standing = ScriptedEngine(alias="cluster/big")
    async with Crew(machine, Model(machine, "a"), standing={"cluster": standing}) as crew:
        assert [info.alias for info in crew.fleet.models()] == ["a", "cluster/big"]
        run = crew.ask("cluster/big")
        standing.step(40)
        await crew.until(lambda: run in crew.ends)
        await crew.finish("a", crew.ask("a"))
        assert {item.alias for item in crew.fleet.metrics()} == {"a", "cluster/big"}


class RefusedEngine(ScriptedEngine):
    """Its operator gave a wrong key."""

    async def start(self) -> None:
        raise EngineError("upstream_key", "the upstream refuses the key")


async def test_a_standing_engine_that_cannot_start_is_done_without_and_says_why() -> None:
    machine = Machine(1)
    async with Crew(machine, Model(machine, "a"), standing={"cluster": RefusedEngine(alias="big")}) as crew:
        assert [info.alias for info in crew.fleet.models()] == ["a"]
        assert crew.fleet.problems() == {"cluster": "the upstream refuses the key"}
        await crew.finish("a", crew.ask("a"))
    with pytest.raises(EngineError, match="refuses the key"):
        async with Crew(machine, standing={"cluster": RefusedEngine(alias="big")}):
            pass


async def test_a_model_nobody_offers_is_an_error_for_its_job() -> None:
    machine = Machine(1)
    async with Crew(machine, Model(machine, "a")) as crew:
        run = crew.ask("ghost")
        await crew.until(lambda: run in crew.ends)
        end = crew.ends[run]
        assert isinstance(end, Error) and (end.code, end.retry) == ("unknown_model", True)


async def test_a_flood_of_orders_does_not_pile_up_and_jobs_go_on() -> None:
    machine = Machine(None)
    async with Crew(machine, Model(machine, "a"), Model(machine, "b")) as crew:
        crew.models["a"].may_load.clear()
        run = crew.ask("a")
        for _ in range(5_000):
            crew.fleet.load("b")
            crew.fleet.unload("b")
        assert len(crew.fleet._line) <= MOST_ORDERS + 1
        crew.models["a"].may_load.set()
        await crew.finish("a", run)
        await crew.finish("b", crew.ask("b"))
        assert done(crew, run)
