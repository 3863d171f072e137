"""The real socket shell against a site's end of the real wire, with a scripted engine."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest

from inference_client.backoff import Backoff
from inference_client.engines.base import Event
from inference_client.metrics import Meter
from inference_client.problems import Exit, Problem
from inference_client.protocol import messages as wire
from tests.fakes.engine import ScriptedEngine, counting
from tests.inference_client.fake_site import fake_site
from tests.inference_client.running_link import Running, generate, running


async def test_a_link_that_drops_in_mid_answer_goes_on_where_the_site_is() -> None:
    async with fake_site() as site, running(site) as run:
        node = await site.next_node()
        await node.welcome()
        job = generate()
        await node.say(job)
        await run.submitted()
        run.engine.step(10)
        first = await node.text(40)
        await node.cut()
        run.engine.step(10)
        node = await site.next_node()
        hello = await node.welcome(wire.Resume(generation=job.generation, epoch=2, offset=25))
        assert [(held.generation, held.epoch, held.finished) for held in hello.holding] == [(job.generation, 1, False)]
        run.engine.step(1000)
        answer = counting(run.engine.chats[0])
        assert first[:25] + await node.text(len(answer), start=25) == answer
        finished = await node.hear(wire.Finished)
        assert (finished.epoch, finished.length, finished.reason) == (2, len(answer), "stop")
        assert len(run.engine.submitted) == 1


async def test_one_decode_step_of_eight_answers_is_one_sealed_frame() -> None:
    class Quiet(Meter):
        """No figures of its own among the frames that are counted."""

        async def measure(self, reconnections: int = 0) -> wire.Metrics:
            await asyncio.get_running_loop().create_future()
            raise AssertionError

    engine = ScriptedEngine(counting, slots=8)
    async with fake_site() as site, running(site, engine, meter=Quiet(engine)) as run:
        node = await site.next_node()
        await node.welcome()
        for _ in range(8):
            await node.say(generate())
        await run.submitted(8)
        before = node.frames
        run.engine.step()
        deltas = await node.hear(wire.Deltas)
        assert len(deltas.items) == 8
        assert node.frames == before + 1


async def test_stop_is_confirmed_by_the_engine() -> None:
    async with fake_site() as site, running(site) as run:
        node = await site.next_node()
        await node.welcome()
        job = generate()
        await node.say(job)
        await run.submitted()
        run.engine.step(3)
        assert run.engine.busy == 1
        await node.say(wire.Stop(generation=job.generation, epoch=1))
        finished = await node.hear(wire.Finished)
        assert (finished.reason, finished.length, run.engine.busy) == ("cancelled", 12, 0)


async def test_heartbeats_come_as_often_as_the_site_asks() -> None:
    async with fake_site() as site, running(site):
        node = await site.next_node()
        await node.welcome(heartbeat=0.05)
        await node.hear(wire.Heartbeat)
        await node.hear(wire.Heartbeat)


async def test_ctrl_c_tells_the_site_and_ends() -> None:
    async with fake_site() as site, running(site) as run:
        node = await site.next_node()
        await node.welcome()
        async with asyncio.timeout(10):
            await run.link.connected.wait()
        run.link.stop()
        await node.hear(wire.Leaving)
        await run.ended()


async def test_ctrl_c_while_the_site_is_away_ends_too() -> None:
    async with fake_site() as site:
        engine = ScriptedEngine()
        run = Running(site, engine)
    run.task = asyncio.create_task(run.link.run())
    await asyncio.sleep(0)
    run.link.stop()
    await run.ended()


async def test_an_engine_that_breaks_its_interface_ends_the_program() -> None:
    class Broken(ScriptedEngine):
        async def steps(self) -> AsyncIterator[Sequence[Event]]:
            raise RuntimeError("broken")
            yield ()

    async with fake_site() as site, running(site, Broken()) as run:
        with pytest.raises(RuntimeError, match="broken"):
            await run.ended()


async def test_an_engine_that_ends_in_mid_answer_lets_its_answers_go_elsewhere_at_once() -> None:
    dying = asyncio.Event()

    class Dying(ScriptedEngine):
        async def steps(self) -> AsyncIterator[Sequence[Event]]:
            await dying.wait()
            raise RuntimeError("dead")
            yield ()

    async with fake_site() as site, running(site, Dying(counting)) as run:
        node = await site.next_node()
        await node.welcome()
        await node.say(generate())
        await run.submitted()
        dying.set()
        await node.hear(wire.Leaving)
        with pytest.raises(RuntimeError, match="dead"):
            await run.ended()


@pytest.mark.parametrize(
    ("close", "exit_code", "words"),
    [
        ((4401, "revoked"), Exit.REFUSED, "withdrawn"),
        ((4401, "unknown_key"), Exit.REFUSED, "pair this machine"),
        ((4406, "update the inference client"), Exit.VERSION, "update the inference client"),
        ((4409, "replaced"), Exit.RUNNING, "another program has connected"),
    ],
)
async def test_a_refusal_ends_the_program_with_plain_words(close: tuple[int, str], exit_code: Exit, words: str) -> None:
    async with fake_site() as site:
        site.refuse = close
        async with running(site) as run:
            with pytest.raises(Problem) as caught:
                await run.ended()
    assert caught.value.exit_code == exit_code
    assert words in caught.value.message


async def test_a_sealed_goodbye_without_return_ends_the_program() -> None:
    async with fake_site() as site, running(site) as run:
        node = await site.next_node()
        await node.welcome()
        await node.say(wire.Goodbye(code="revoked", retry_seconds=None))
        with pytest.raises(Problem) as caught:
            await run.ended()
    assert caught.value.exit_code == Exit.REFUSED
    assert "withdrawn" in caught.value.message


async def test_a_goodbye_with_a_time_brings_the_node_back() -> None:
    async with fake_site() as site, running(site):
        node = await site.next_node()
        await node.welcome()
        await node.say(wire.Goodbye(code="closed", retry_seconds=0.01))
        assert await (await site.next_node()).hear(wire.Hello)


async def test_a_key_the_site_does_not_know_is_told_to_pair() -> None:
    async with fake_site() as site, running(site) as run:
        await site.next_node()
        site.enrolled.clear()
        run.task.cancel()
    async with fake_site() as other:
        run = Running(other, ScriptedEngine())
        other.enrolled.clear()
        with pytest.raises(Problem) as caught:
            await run.link.run()
    assert caught.value.code == "not_enrolled"


async def test_a_message_that_breaks_the_rules_closes_the_connection_and_the_node_returns() -> None:
    async with fake_site() as site, running(site):
        node = await site.next_node()
        await node.hear(wire.Hello)
        await node.say(wire.Drop(generation=uuid4()))
        assert await (await site.next_node()).hear(wire.Hello)


async def test_a_frame_that_was_changed_on_the_way_closes_the_connection_and_the_node_returns() -> None:
    async with fake_site() as site, running(site):
        node = await site.next_node()
        await node.hear(wire.Hello)
        await node.socket.send(bytes(300))
        assert await (await site.next_node()).hear(wire.Hello)


async def test_no_text_of_a_conversation_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="inference_client")
    async with fake_site() as site, running(site, ScriptedEngine(lambda job: "secret answer")) as run:
        node = await site.next_node()
        await node.welcome()
        await node.say(generate("secret question"))
        await run.submitted()
        run.engine.step(10)
        await node.hear(wire.Finished)
    assert "trace-1" in caplog.text
    assert "secret" not in caplog.text


def test_the_back_off_begins_at_once_and_ends_at_a_minute() -> None:
    backoff = Backoff(uniform=lambda low, high: high)
    waits = [backoff.next() for _ in range(20)]
    assert waits[:3] == [0.2, 0.4, 0.8]
    assert max(waits) == 60
    backoff.reset()
    assert backoff.next() == 0.2
