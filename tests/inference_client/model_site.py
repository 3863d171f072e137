"""A site reduced to its rules, without I/O, for tests of the session: what is stored, under which epoch, in which order."""

import base64
import hashlib
from collections import deque
from dataclasses import dataclass
from uuid import UUID, uuid4

from inference_client.protocol import messages as wire
from inference_client.protocol.vocabulary import ChatMessage

THOUGHT = 19
"""So many of the answer's first code points are thinking."""

ANSWER = "Ein Krokodil 🐊 frißt naïve Äpfel – «über» 日本語 \U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301nde."
"""With characters outside the basic plane, joined and combining ones: offsets count code points."""


PAINTING = bytes(range(256)) * 1000
"""Bytes of an image, more than go into one message."""


@dataclass(slots=True)
class Row:
    """One generation at the site. ``paints``: it is an image, whose SHA-256 is then ``blob``."""

    generation: UUID
    epoch: int = 1
    text: str = ""
    state: str = "leased"
    stop: bool = False
    reason: str = ""
    thinking: int = 0
    paints: bool = False
    blob: str = ""


class ModelSite:
    """``to_node`` and ``from_node`` are the wire; both are emptied when the link drops. Asserts all the site's rules."""

    def __init__(self) -> None:
        self.rows: dict[UUID, Row] = {}
        self.to_node: deque[wire.FromSite] = deque()
        self.from_node: deque[wire.FromNode] = deque()
        self.greeted = False
        self.availability: wire.Availability | None = None
        self.blobs: dict[str, bytearray] = {}

    def ask(self, paints: bool = False) -> Row:
        row = Row(uuid4(), paints=paints)
        self.rows[row.generation] = row
        self._generate(row)
        return row

    def ask_again(self, row: Row) -> None:
        """The lease went to another node, which wrote a little more, and came back."""
        row.epoch += 2
        row.text = "" if row.paints else ANSWER[: len(row.text) + 3]
        row.thinking = min(THOUGHT, len(row.text))
        self._generate(row)

    def stop(self, row: Row) -> None:
        row.stop = True
        if self.greeted:
            self.to_node.append(wire.Stop(generation=row.generation, epoch=row.epoch))

    def drop(self) -> None:
        self.to_node.clear()
        self.from_node.clear()
        self.blobs.clear()
        self.greeted = False

    def read(self, count: int) -> None:
        for _ in range(min(count, len(self.from_node))):
            message = wire.from_node(wire.encode(self.from_node.popleft()))
            getattr(self, f"_{message.type}")(message)

    def open_rows(self) -> list[Row]:
        return [row for row in self.rows.values() if row.state == "leased"]

    def _generate(self, row: Row) -> None:
        if not self.greeted:
            return
        if row.paints:
            self.to_node.append(
                wire.Paint(generation=row.generation, epoch=row.epoch, model="tiny", prompt="a crocodile")
            )
            return
        self.to_node.append(
            wire.Generate(
                generation=row.generation,
                epoch=row.epoch,
                model="tiny",
                messages=(ChatMessage(role="user", content="?"),),
                prefix=row.text,
                prefix_thinking=row.thinking,
            )
        )

    def _hello(self, message: wire.Hello) -> None:
        assert not self.greeted
        self.greeted = True
        held = {item.generation: item for item in message.holding}
        resume = []
        for row in self.open_rows():
            if row.generation in held:
                row.epoch += 1
                item = wire.Resume(generation=row.generation, epoch=row.epoch, offset=len(row.text), stop=row.stop)
                resume.append(item)
        self.to_node.append(
            wire.Welcome(
                node=uuid4(), name="mac", server_time=0, heartbeat_seconds=5, resume_seconds=60, resume=tuple(resume)
            )
        )
        for row in self.open_rows():
            if row.generation not in held:
                row.epoch += 1
                self._generate(row)

    def _deltas(self, message: wire.Deltas) -> None:
        assert self.greeted, "text came before the hello"
        for item in message.items:
            row = self.rows[item.g]
            if row.epoch != item.e or row.state != "leased":
                continue
            assert item.o <= len(row.text), "text is missing before a delta"
            fresh = item.x[len(row.text) - item.o :]
            row.text += fresh
            row.thinking += len(fresh) if item.t else 0
            assert item.t == (item.o < THOUGHT), "a delta is thinking where it should not be, or the other way round"
            assert ANSWER.startswith(row.text)

    def _progress(self, message: wire.Progress) -> None:
        assert message.done <= message.total

    def _heartbeat(self, message: wire.Heartbeat) -> None:
        assert self.greeted

    def _blob(self, message: wire.BlobPart) -> None:
        known = self.blobs[message.blob] = bytearray() if message.offset == 0 else self.blobs[message.blob]
        assert message.offset == len(known), "parts are missing"
        known += base64.b64decode(message.data)

    def _painted(self, message: wire.Painted) -> None:
        row = self.rows[message.generation]
        assert hashlib.sha256(self.blobs[message.blob]).hexdigest() == message.blob
        if row.epoch == message.epoch:
            row.blob = message.blob

    def _availability(self, message: wire.Availability) -> None:
        self.availability = message

    def _finished(self, message: wire.Finished) -> None:
        row = self.rows[message.generation]
        if row.state != "leased":
            self.to_node.append(wire.Drop(generation=row.generation))
            return
        if row.epoch != message.epoch:
            # The node has been given it anew already: a drop, which names no epoch, would take that away.
            return
        assert message.length == len(row.text), "text is missing at the end"
        assert message.thinking == row.thinking, "the boundary of the thinking differs"
        assert message.reason == "cancelled" or bool(row.blob) == row.paints, "the image is missing at the end"
        row.state, row.reason = "done", message.reason
        self.to_node.append(wire.Ack(items=(wire.Acked(g=row.generation, o=len(row.text)),), done=(row.generation,)))

    def _failed(self, message: wire.Failed) -> None:
        row = self.rows[message.generation]
        if row.epoch == message.epoch and row.state == "leased":
            assert message.retry
            row.epoch += 1
            self.to_node.append(wire.Drop(generation=row.generation))
            self._generate(row)
