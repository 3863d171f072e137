"""What the client adds to each token: from the engine's child to the sealed frame, with session, messages and cipher."""

import asyncio
import time
from statistics import median
from uuid import uuid4

from bench.engine.figures import cpu_seconds, say
from bench.engine.model import bench_model
from bench.engine.ours import ALIAS, make_engine, sampling
from bench.engine.sides import Setting
from bench.engine.throughput import CONTEXT
from inference_client.engines.llama_cpp.engine import LlamaCppEngine
from inference_client.protocol import keys, messages
from inference_client.protocol.channel import SecureChannel
from inference_client.protocol.frames import MESSAGE
from inference_client.protocol.handshake import ClientHandshake, ServerHandshake
from inference_client.protocol.vocabulary import ChatMessage
from inference_client.session import Identity, Session, Submit

ROUND_SECONDS = 120.0


class Client:
    """The client without its socket: a session that was welcomed, an open channel, and an engine."""

    def __init__(self, engine: LlamaCppEngine) -> None:
        self.engine = engine
        self.session = Session(Identity("bench", "bench", engine.backend), engine.models())
        self.session.connected()
        self.session.outgoing()
        welcome = messages.Welcome(
            node=uuid4(), name="bench", server_time=time.time(), heartbeat_seconds=5, resume_seconds=60
        )
        self.session.receive(welcome, time.monotonic())
        self.channel = open_channel()
        self.octets = 0

    async def answer(self, questions: list[str], tokens: int) -> None:
        """All together, until the end of each has been sealed."""
        for question in questions:
            message = ChatMessage(role="user", content=question)
            self.session.receive(
                messages.Generate(
                    generation=uuid4(), epoch=1, model=ALIAS, messages=(message,), sampling=sampling(tokens)
                ),
                time.monotonic(),
            )
        self._work()
        left = len(questions)
        async with asyncio.timeout(ROUND_SECONDS):
            async for events in self.engine.steps():
                self.session.engine_events(events)
                for outgoing in self.session.outgoing():
                    self.octets += sum(map(len, self.channel.seal(MESSAGE, messages.encode(outgoing))))
                    if isinstance(outgoing, messages.Finished):
                        left -= 1
                        self._acknowledge(outgoing)
                    assert not isinstance(outgoing, messages.Failed), outgoing
                if not left:
                    return

    def _acknowledge(self, end: messages.Finished) -> None:
        item = messages.Acked(g=end.generation, o=end.length)
        self.session.receive(messages.Ack(items=(item,), done=(end.generation,)), time.monotonic())

    def _work(self) -> None:
        for item in self.session.take_work():
            if isinstance(item, Submit):
                self.engine.submit(item.job)


def open_channel() -> SecureChannel:
    site = keys.generate()
    mine, theirs = ClientHandshake(keys.generate(), keys.public_bytes(site)), ServerHandshake(site)
    theirs.read_hello(mine.hello())
    answer, _ = theirs.answer(now=time.monotonic(), server_time=time.time(), enrolled=True)
    return mine.finish(answer, time.monotonic())


async def run(quick: bool, threads: int) -> None:
    tokens = 64 if quick else 256
    for slots in (1, 8):
        engine = make_engine(Setting(bench_model("q8_0"), slots, CONTEXT, threads))
        await engine.start()
        try:
            client = Client(engine)
            await client.answer(["Warm up."] * slots, 8)
            costs, shares = [], []
            for turn in range(3):
                cpu, child = time.process_time(), cpu_seconds(engine.child_pid or 0)
                await client.answer([f"{turn} {number}: what do lizards do?" for number in range(slots)], tokens)
                # This process does nothing else: its threads that talk to the child are counted with it.
                costs.append((time.process_time() - cpu) / (slots * tokens))
                # By processor time on both sides, which other programs on the machine do not stretch.
                shares.append(costs[-1] / ((cpu_seconds(engine.child_pid or 0) - child) / (slots * tokens)))
        finally:
            await engine.stop()
        say(f"overhead.{slots}.per_token", median(costs) * 1e6, "us")
        say(f"overhead.{slots}.share_of_decode_time", median(shares) * 100, "%", "< 3")
