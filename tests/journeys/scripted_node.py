"""A node on the real wire whose answers a test writes word by word."""

import asyncio
import queue
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

from inference_client.protocol import keys
from inference_client.protocol.messages import Delta, Deltas, Finished, Generate
from inference_client.protocol.vocabulary import ToolCall
from tests.faults.live_node import USAGE, LiveNode
from tests.services import migrated, shared
from tests.services.site import LiveSite

SECONDS = 90.0
MAKE = "from chat.models import Node; Node.objects.create(name='scripted', public_key=bytes(32))"


def registered(site: LiveSite, public_key: bytes) -> None:
    """Enters a node with this key at the site. Its row is copied from one that the site's own code has made once: to start a program for
    it costs more than anything else here."""
    with closing(sqlite3.connect(site.database, timeout=SECONDS)) as connection, connection:
        connection.execute("ATTACH ? AS made", [str(shared.made("node", _with_node) / "db.sqlite3")])
        connection.execute("CREATE TEMP TABLE row AS SELECT * FROM made.chat_node")
        connection.execute("UPDATE row SET id = ?, public_key = ?", [uuid4().hex, public_key])
        connection.execute("INSERT INTO main.chat_node SELECT * FROM row")


def _with_node(folder: Path) -> None:
    file = folder / "db.sqlite3"
    migrated.copy_to(file)
    LiveSite(database_url=f"sqlite:///{file}").manage("shell", "--no-imports", "-c", MAKE)


class _Node(LiveNode):
    jobs: "queue.Queue[Generate]"

    async def _stream(self, job: Generate) -> None:
        self.jobs.put(job)


class ScriptedNode:
    """Lives in a thread of its own, beside a browser that blocks this one."""

    def __init__(self, site: LiveSite, *aliases: str, sees: bool = False, calls: bool = False) -> None:
        key = keys.generate()
        registered(site, keys.public_bytes(key))
        own = keys.private_from_text(site.settings["INFERENCE_SERVER_KEY"])
        self._node = _Node(site, keys.public_bytes(own), key)
        self._node.jobs = queue.Queue()
        self._node.thinks = "boolean"
        self._node.sees, self._node.calls = sees, calls
        self._node.aliases = aliases or self._node.aliases
        self._left: dict[UUID, tuple[int, int]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted node", daemon=True)
        self._length = self._thought = 0

    def __enter__(self) -> "ScriptedNode":
        self._thread.start()
        self._run(self._begin())
        return self

    def __exit__(self, *error: object) -> None:
        self._run(self._node.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    async def _begin(self) -> None:
        await self._node.__aenter__()
        await self._node.hello()

    def _run(self, work: object) -> None:
        future: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)  # type: ignore[arg-type]
        future.result(SECONDS)

    def blob(self, sha256: str) -> bytes:
        """The bytes of an image that a question named."""
        return bytes(self._node.blobs[sha256])

    def next_job(self) -> Generate:
        """The next question, titles left out: these are answered at once."""
        while True:
            job = self._node.jobs.get(timeout=SECONDS)
            self._job, self._length, self._thought = job, len(job.prefix), job.prefix_thinking
            if not job.messages[0].content.startswith("Write a title"):
                return job
            self.write("A title")
            self.finish()

    def next_jobs(self, count: int) -> dict[str, Generate]:
        """The next questions, by model; :meth:`turn_to` says which of them is written at."""
        jobs = {}
        for _ in range(count):
            job = self.next_job()
            jobs[job.model] = job
        return jobs

    def turn_to(self, job: Generate) -> None:
        self._left[self._job.generation] = self._length, self._thought
        self._job = job
        self._length, self._thought = self._left.get(job.generation, (len(job.prefix), job.prefix_thinking))

    def think(self, text: str) -> None:
        self._thought += len(text)
        self._say(text, thinking=True)

    def write(self, text: str) -> None:
        self._say(text, thinking=False)

    def _say(self, text: str, thinking: bool) -> None:
        item = Delta(g=self._job.generation, e=self._job.epoch, o=self._length, x=text, t=thinking)
        self._length += len(text)
        self._run(self._node.say(Deltas(items=(item,))))

    def stopped(self) -> None:
        """Confirms that the answer was stopped."""
        end = Finished(
            generation=self._job.generation, epoch=self._job.epoch, reason="cancelled", length=self._length,
            thinking=self._thought, usage=USAGE,
        )  # fmt: skip
        self._run(self._node.say(end))

    def finish(self, *calls: ToolCall) -> None:
        end = Finished(
            generation=self._job.generation, epoch=self._job.epoch, reason="tool_calls" if calls else "stop",
            length=self._length, thinking=self._thought, tool_calls=calls, usage=USAGE,
        )  # fmt: skip
        self._run(self._node.say(end))
