"""The tasks that a node is at: what goes out to it, what comes back, and how they end."""

import asyncio
import binascii
import logging
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from sys import byteorder
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext

from chat import costs, task_claims
from chat.inference.answers import MAX_ANSWER
from chat.inference.blobs import BlobSender, Incoming, Lost, decoded
from chat.inference.link import Link
from chat.task_claims import ClaimedTask, Produced
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import (
    Ack,
    Acked,
    BlobPart,
    Delta,
    Drop,
    Embed,
    Embedded,
    Failed,
    Finished,
    Generate,
    Held,
    Paint,
    Painted,
    Resume,
    Transcribe,
)
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

MAX_VECTORS = 32 * 2**20
"""Characters in which the vectors of one task may come: a hundred of more than 60,000 dimensions."""

Message = Embed | Transcribe | Paint | Generate


@dataclass(slots=True)
class TaskRun:
    """One task at the node, ``handed`` over when it has been told of it. ``length`` code points of text have come, ``vectors``
    of ``texts`` texts by their number.
    """

    task: UUID
    epoch: int
    kind: str
    model: str
    texts: int = 0
    media_type: str = ""
    length: int = 0
    pieces: list[str] = field(default_factory=list)
    vectors: dict[int, str] = field(default_factory=dict)
    size: int = 0
    image: tuple[list[str], str, str] | None = None
    tokens: int = 0
    ending: bool = False
    handed: bool = False


class TaskRuns:
    """Of one node's session."""

    def __init__(self, link: Link) -> None:
        self.runs: dict[UUID, TaskRun] = {}
        self._link = link
        self._blobs = BlobSender(link)
        self._incoming = Incoming()
        self._renewing = False

    def busy(self) -> Iterable[str]:
        """The model of each slot in use."""
        return (run.model for run in self.runs.values() if not run.ending)

    def start(self, claimed: ClaimedTask) -> None:
        """Hands a claimed task to the node."""
        self._link.spawn(self._hand_over(self._run(claimed), claimed))

    async def resume(self, holding: Sequence[Held]) -> tuple[Resume, ...]:
        """What a returning node shall go on with; all it has of it is to come again, from the beginning."""
        taken = await in_database(task_claims.resume, self._link.id, self._link.node, holding)
        runs = [self._run(claimed) for claimed in taken]
        for run in runs:
            run.handed = True
        return tuple(Resume(generation=run.task, epoch=run.epoch, offset=0) for run in runs)

    def stop(self, task: UUID) -> None:
        """Nobody waits for it any more."""
        run = self.runs.get(task)
        if run is not None and not run.ending:
            self._forget(run)

    def _run(self, claimed: ClaimedTask) -> TaskRun:
        texts = len(claimed.input.get("texts", ()))
        run = TaskRun(claimed.task, claimed.epoch, claimed.kind, claimed.model, texts)
        self.runs[claimed.task] = run
        return run

    async def _hand_over(self, run: TaskRun, claimed: ClaimedTask) -> None:
        try:
            message = message_of(claimed)
            if claimed.file:
                await self._blobs.send(claimed.file, claimed.input["sha256"])
        except Lost as error:
            log.warning("task.input_lost", extra={"task": str(run.task), "reason": str(error)})
            await self._fail(run, "input_lost", gettext("The site has lost what was to be worked on."))
            return
        except (ValueError, KeyError):
            log.exception("task.bad_input", extra={"task": str(run.task)})
            await self._fail(run, "bad_input", gettext("The site could not make a message of this task."))
            return
        except Exception:
            # A storage out of reach is no fault of the machine, and must not cost its other work the link.
            log.exception("task.input_unreadable", extra={"task": str(run.task)})
            run.ending = True
            await self._write_back(
                run, "input_unreadable", gettext("The site could not read what was to be worked on.")
            )
            return
        # It may have been stopped while its bytes went out.
        if self.runs.get(run.task) is not run or self._link.closed:
            return
        run.handed = True
        if not self._link.send(message):
            await self._fail(run, "too_long", gettext("This is too long to be sent to a machine."))

    # what the node says ---------------------------------------------------------------------------------------------

    def delta(self, item: Delta) -> None:
        run = self.runs[item.g]
        if run.epoch != item.e or run.ending:
            return
        if item.o > run.length:
            raise ChannelError("out_of_order", "text is missing before a delta")
        new = item.x[run.length - item.o :].replace("\x00", "\ufffd")
        run.length += len(new)
        # What a model thinks first is not asked for.
        if new and not item.t:
            run.pieces.append(new)
        if run.length > MAX_ANSWER:
            self._give_back(run, "too_long", gettext("The machine wrote without end."))

    def embedded(self, message: Embedded) -> None:
        run = self._mine(message.generation, message.epoch)
        if run is None:
            return
        if run.kind != "embedding" or message.first + len(message.vectors) > run.texts:
            raise ChannelError("bad_message", "vectors that nobody asked for")
        for number, vector in enumerate(message.vectors, message.first):
            run.size += len(vector) - len(run.vectors.get(number, ""))
            run.vectors[number] = vector
        if run.size > MAX_VECTORS:
            raise ChannelError("too_large", "vectors of one task")

    def blob(self, part: BlobPart) -> None:
        # Its task may just have been stopped: what is still on its way is then of no account.
        if any(run.kind == "image" for run in self.runs.values()):
            self._incoming.add(part)

    def painted(self, message: Painted) -> None:
        run = self._mine(message.generation, message.epoch)
        if run is None:
            return
        if run.kind != "image":
            raise ChannelError("bad_message", "an image that nobody asked for")
        run.image = (self._incoming.take(message.blob), message.blob, message.media_type)

    def finished(self, message: Finished) -> None:
        run = self._mine(message.generation, message.epoch)
        if run is None:
            return
        if run.length != message.length:
            raise ChannelError("out_of_order", "text is missing at the end")
        if message.reason in ("cancelled", "tool_calls"):
            self._give_back(
                run, "bad_answer", gettext("The machine ended this with {reason}.").format(reason=message.reason)
            )
            return
        run.tokens = costs.counted(message.usage)
        self._ended(run)
        self._link.spawn(self._succeed(run))

    def failed(self, message: Failed) -> None:
        run = self._mine(message.generation, message.epoch)
        if run is None:
            return
        log.warning("task.failed", extra={"task": str(run.task), "code": message.code, "node": str(self._link.node)})
        detail = message.detail or gettext("The machine could not do this ({code}).").format(code=message.code)
        if message.retry:
            self._give_back(run, message.code, detail)
        else:
            self._ended(run)
            self._link.spawn(self._fail(run, message.code, detail))

    def _mine(self, task: UUID, epoch: int) -> TaskRun | None:
        run = self.runs.get(task)
        return None if run is None or run.epoch != epoch or run.ending or not run.handed else run

    # the end --------------------------------------------------------------------------------------------------------

    def _ended(self, run: TaskRun) -> None:
        # From here the node's slot is free, while the database still has to hear of it.
        run.ending = True
        self._link.freed()

    def _give_back(self, run: TaskRun, code: str, detail: str) -> None:
        self._link.worked(run.model, False)
        self._ended(run)
        self._link.spawn(self._write_back(run, code, detail))

    async def _write_back(self, run: TaskRun, code: str, detail: str) -> None:
        # Before it is in the queue again: this very node may get it next, and must not be told to drop that.
        self._forget(run)
        await in_database(task_claims.give_back, run.task, run.epoch, code, detail)

    async def _succeed(self, run: TaskRun) -> None:
        try:
            produced = await in_thread(_produced, run)
            if run.kind == "image":
                produced = replace(produced, image=await asyncio.to_thread(_stored, run))
        except ValueError as error:
            log.warning("task.bad_answer", extra={"task": str(run.task), "reason": str(error)})
            self._link.worked(run.model, False)
            await self._write_back(run, "bad_answer", gettext("The machine's result could not be read."))
            return
        except Exception:
            # A result that cannot be stored (a full disk) must not keep whoever waits waiting.
            log.exception("task.not_stored", extra={"task": str(run.task)})
            await self._fail(run, "not_stored", gettext("The site could not store the result."))
            return
        self._link.worked(run.model, True)
        won = await in_database(task_claims.succeed, run.task, run.epoch, produced)
        if produced.image and not won:
            await asyncio.to_thread(default_storage.delete, produced.image)
        self._done(run)

    async def _fail(self, run: TaskRun, code: str, detail: str) -> None:
        run.ending = True
        await in_database(task_claims.fail, run.task, run.epoch, code, detail)
        self._done(run)

    def _done(self, run: TaskRun) -> None:
        """Ended by us or, if the lease was lost, by somebody else: either way the node need not keep it."""
        if self.runs.get(run.task) is run:
            del self.runs[run.task]
        if not self._link.closed:
            self._link.send(Ack(items=(Acked(g=run.task, o=run.length),), done=(run.task,)))
            self._link.freed()

    def _forget(self, run: TaskRun) -> None:
        if self.runs.get(run.task) is run:
            del self.runs[run.task]
            if not self._link.closed:
                self._link.send(Drop(generation=run.task))
                self._link.freed()

    # leases ---------------------------------------------------------------------------------------------------------

    def beat(self, running: Sequence[UUID]) -> None:
        """A heartbeat extends the leases of what it names, and of what is still being handed over. What is no longer this
        session's is dropped.
        """
        mine = [pk for pk, run in self.runs.items() if not run.ending and (not run.handed or pk in running)]
        if mine and not self._renewing:
            self._renewing = True
            self._link.spawn(self._renew(mine))

    async def _renew(self, tasks: list[UUID]) -> None:
        epochs = {task: self.runs[task].epoch for task in tasks if task in self.runs}
        try:
            held = await in_database(task_claims.renew, self._link.id, list(epochs))
        finally:
            self._renewing = False
        for task in epochs.keys() - held:
            run = self.runs.get(task)
            if run is not None and run.epoch == epochs[task] and not run.ending:
                self._forget(run)

    async def left(self) -> None:
        """The node stops on purpose: others may have its tasks at once."""
        ending = [task for task, run in self.runs.items() if run.ending]
        await in_database(task_claims.release, self._link.node, ending)
        for task in self.runs.keys() - set(ending):
            del self.runs[task]


def message_of(claimed: ClaimedTask) -> Message:
    """Raises ValueError or KeyError for input that fits no message."""
    asked = claimed.input
    common = {"generation": claimed.task, "epoch": claimed.epoch, "model": claimed.model, "trace": claimed.trace}
    if claimed.kind == "embedding":
        return Embed(**common, texts=tuple(asked["texts"]))
    if claimed.kind == "speech":
        return Transcribe(
            **common, blob=asked["sha256"], media_type=asked["media_type"], language=asked["language"],
            format=asked["format"],
        )  # fmt: skip
    if claimed.kind == "completion":
        return Generate(
            **common, messages=tuple(ChatMessage.model_validate(message) for message in asked["messages"]),
            sampling=Sampling.model_validate(asked["sampling"]),
        )  # fmt: skip
    return Paint(**common, prompt=asked["prompt"], width=asked["width"], height=asked["height"])


def _produced(run: TaskRun) -> Produced:
    """What came, read. Raises ValueError for what is missing or makes no sense."""
    if run.kind == "embedding":
        vectors, dimensions = _vectors(run)
        return Produced(run.model, {"dimensions": dimensions}, vectors=vectors)
    if run.kind in ("speech", "completion"):
        return Produced(run.model, {"text": "".join(run.pieces)}, tokens=run.tokens)
    if run.image is None:
        raise ValueError("no image came")
    return Produced(run.model, {"media_type": run.image[2]})


def _stored(run: TaskRun) -> str:
    """The name of the image that came, in the storage. Raises ValueError for what is none."""
    assert run.image is not None
    # One name for each attempt: an old one that is deleted late must not take the new one with it.
    return default_storage.save(f"tasks/{run.task}-result-{run.epoch}", ContentFile(decoded(*run.image)))


def _vectors(run: TaskRun) -> tuple[bytes, int]:
    if len(run.vectors) != run.texts:
        raise ValueError(f"{len(run.vectors)} vectors of {run.texts} texts")
    try:
        found = [binascii.a2b_base64(run.vectors[number], strict_mode=True) for number in range(run.texts)]
    except binascii.Error as error:
        raise ValueError("no base64") from error
    sizes = {len(vector) for vector in found}
    size = sizes.pop()
    if sizes or not size or size % 4:
        raise ValueError("vectors of different lengths")
    whole = b"".join(found)
    if not all(map(isfinite, floats(whole))):
        raise ValueError("a number that is none")
    return whole, size // 4


def floats(data: bytes) -> "array[float]":
    """Of little-endian 32-bit floats."""
    numbers: array[float] = array("f")
    numbers.frombytes(data)
    if byteorder == "big":
        numbers.byteswap()
    return numbers
