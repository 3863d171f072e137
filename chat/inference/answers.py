"""The answers and titles that a node writes: their text to readers and into the database, and their ends."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import Error as DatabaseTrouble
from django.utils.translation import gettext

from chat import generations
from chat.bus import bus
from chat.claims import Claimed
from chat.events import NodeAway, PromptProgress
from chat.generations import Outcome, Piece, Taken
from chat.hub import conversation_topic
from chat.inference.blobs import BlobSender, Lost
from chat.inference.formatting import Formatting
from chat.inference.later import Later
from chat.inference.link import Link
from chat.inference.recorder import Recorder
from chat.inference.stream import Stream
from chat.moderating import outgoing, watching
from chat.moderating.watching import Watcher
from chat.routes import replies
from chat.tools import steps
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import (
    Ack,
    Acked,
    Delta,
    Drop,
    Failed,
    Finished,
    Generate,
    Progress,
    Resume,
    Stop,
)
from inference_client.protocol.vocabulary import ChatMessage
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

STOP_SECONDS = 30.0
"""A node that has not confirmed a stop by then has hung: its answer ends without it, and says so."""

MAX_ANSWER = 2_000_000
"""Code points of one answer, many times what a person reads: a model that repeats itself for ever is cut there."""

PROGRESS_SECONDS = 0.2


class Answers:
    """Of one node's session. Text goes to readers the moment it arrives and to the database in one transaction for all
    streams every 200 ms.
    """

    def __init__(self, link: Link) -> None:
        self.streams: dict[UUID, Stream] = {}
        self._link = link
        self._recorder = Recorder(self.streams, link.spawn, self._stored, lambda: link.close("too_large"))
        self._blobs = BlobSender(link)
        self._watcher = Watcher(link.spawn, self._cut)
        self._formatting = Formatting(link.spawn)
        self._stopping: dict[UUID, float] = {}

    def busy(self) -> Iterable[str]:
        """The model of each slot in use."""
        return (stream.model for stream in self.streams.values() if not stream.ending)

    def start(self, claimed: Claimed) -> None:
        """Hands a claimed generation to the node."""
        stream = Stream.of(
            claimed.generation, claimed.epoch, claimed.conversation, claimed.message, claimed.model,
            claimed.prefix, claimed.prefix_thinking,
        )  # fmt: skip
        stream.tools, stream.spent = bool(claimed.tools), claimed.spent
        if claimed.step is not None:
            stream.later = Later.of(claimed.step_from, claimed.step.thought)
        stream.watch = watching.begin() if claimed.message else None
        self.streams[claimed.generation] = stream
        if claimed.pictures:
            stream.handed = False
            self._link.spawn(self._after_pictures(stream, claimed))
        else:
            self._hand_over(stream, claimed)

    def handing_over(self) -> list[UUID]:
        """Those of which the node cannot know yet, since their images go before them."""
        return [stream.generation for stream in self.streams.values() if not stream.handed and not stream.ending]

    async def _after_pictures(self, stream: Stream, claimed: Claimed) -> None:
        lost: set[str] = set()
        try:
            for picture in claimed.pictures:
                try:
                    await self._blobs.send(picture.file, picture.sha256)
                except Lost as error:
                    extra = {"generation": str(stream.generation), "reason": str(error)}
                    log.warning("answer.image_lost", extra=extra)
                    lost.add(picture.sha256)
        except Exception:
            # A storage out of reach is no fault of the machine, and must not cost its other work the link.
            log.exception("answer.image_unreadable", extra={"generation": str(stream.generation)})
            if self._begins(stream):
                self._finish_stream(stream)
                why = gettext("The site could not read an image of this conversation.")
                code = "image_unreadable"
                failed = Failed(generation=stream.generation, epoch=stream.epoch, code=code, detail=why)
                await self._give_back(stream, failed)
            return
        if not self._begins(stream):
            return
        question = next(one for one in reversed(claimed.messages) if one.role == "user")
        if any(image.blob in lost for image in question.images):
            why = gettext("The site has lost an image of this question.")
            self._end(stream, Outcome("failed", error_code="image_lost", error=why))
            return
        stream.handed = True
        self._hand_over(stream, replace(claimed, messages=without(claimed.messages, lost)))

    def _begins(self, stream: Stream) -> bool:
        """It may have been stopped, or given to another, while its images went out."""
        return self.streams.get(stream.generation) is stream and not stream.ending and not self._link.closed

    def _hand_over(self, stream: Stream, claimed: Claimed) -> None:
        prefix, thinking = claimed.prefix, claimed.prefix_thinking
        if claimed.step is not None:
            prefix, thinking = claimed.step.thought + claimed.step.text, len(claimed.step.thought)
        job = Generate(
            generation=claimed.generation, epoch=claimed.epoch, model=claimed.model, messages=claimed.messages,
            prefix=prefix, prefix_thinking=thinking, sampling=claimed.sampling, tools=claimed.tools,
            trace=claimed.trace,
        )  # fmt: skip
        if not self._link.send(job):
            why = gettext("The conversation has become too long to be sent to a machine. Start a new one.")
            self._end(stream, Outcome("failed", error_code="conversation_too_long", error=why))
        elif claimed.message is not None:
            bus.delta(claimed.conversation, claimed.message, claimed.generation, len(claimed.prefix), "")

    def take(self, row: Taken) -> Resume:
        """A returned node goes on with ``row``, from what is stored."""
        stream = Stream.of(row.generation, row.epoch, row.conversation, row.message, row.model, row.text, row.thinking)
        stream.tools, stream.spent = row.tools, row.spent
        if row.step_from is not None:
            stream.later = Later.of(row.step_from, row.thought)
        stream.watch = watching.begin() if row.message else None
        self.streams[row.generation] = stream
        if row.message is not None:
            self._away(stream, False)
        return Resume(generation=row.generation, epoch=row.epoch, offset=stream.acknowledged, stop=row.stop)

    # stopping -------------------------------------------------------------------------------------------------------

    def stop(self, generation: UUID) -> None:
        """Passes a stop on, once."""
        stream = self.streams.get(generation)
        if stream is not None and not stream.handed and not stream.ending:
            self._end(stream, Outcome("cancelled"))
        elif stream is not None and not stream.ending and generation not in self._stopping:
            self._stopping[generation] = asyncio.get_running_loop().time()
            self._link.send(Stop(generation=generation, epoch=stream.epoch))

    def unconfirmed_stops(self) -> list[Stream]:
        """Streams that were to stop long ago, and of which the node has said nothing."""
        before = asyncio.get_running_loop().time() - STOP_SECONDS
        late = [pk for pk, asked in self._stopping.items() if asked < before]
        return [self.streams[pk] for pk in late if pk in self.streams]

    async def give_up(self, stream: Stream) -> None:
        """Ends a stream whose node does not confirm its stop, and says so."""
        await self._recorder.store(stream)
        self._stopping.pop(stream.generation, None)
        self._link.worked(stream.model, False)
        self._forget(stream)
        why = gettext("The machine did not confirm that it stopped. What it wrote is kept.")
        log.warning("stop.unconfirmed", extra={"generation": str(stream.generation), "node": str(self._link.node)})
        await in_database(
            generations.end_by_site, stream.generation, "failed", "stop_unconfirmed", why, epoch=stream.epoch
        )

    # what the node says ---------------------------------------------------------------------------------------------

    def delta(self, item: Delta) -> None:
        """Text of one of the streams. Raises ChannelError where it does not fit; ``stored_soon`` is to follow."""
        stream = self.streams[item.g]
        if stream.epoch != item.e or stream.ending:
            return
        offset = stream.length
        # PostgreSQL takes no NUL in text; one code point for one keeps all offsets.
        text = stream.add(item.o, item.x.replace("\x00", "\ufffd"), item.t)
        if text and stream.message is not None:
            if stream.watch is not None:
                self._watcher.came(stream)
            if stream.watch is None or not stream.watch.hold:
                bus.delta(stream.conversation, stream.message, stream.generation, offset, text, item.t)
        if stream.length > MAX_ANSWER or (stream.later is not None and stream.later.length > MAX_ANSWER):
            self._cut(stream)

    def _cut(self, stream: Stream) -> None:
        """Ends an answer in the middle; what is shown of it is decided like at any end."""
        self._link.send(Drop(generation=stream.generation))
        self._end(stream, Outcome("length", answered_by=stream.model))

    def stored_soon(self) -> None:
        self._recorder.arm()

    def progress(self, message: Progress) -> None:
        stream = self.streams.get(message.generation)
        now = asyncio.get_running_loop().time()
        if stream is None or stream.epoch != message.epoch or stream.message is None:
            return
        if now - stream.progress_at >= PROGRESS_SECONDS or message.done >= message.total:
            stream.progress_at = now
            progress = PromptProgress(
                conversation=stream.conversation, generation=stream.generation, done=message.done, total=message.total
            )
            bus.event(conversation_topic(stream.conversation), progress)

    def finished(self, message: Finished) -> None:
        stream = self._ending(message.generation, message.epoch)
        if stream is None:
            return
        length, thinking = stream.counted
        if length != message.length:
            raise ChannelError("out_of_order", "text is missing at the end")
        if thinking != message.thinking:
            raise ChannelError("out_of_order", "thinking and answer part at another place")
        if message.reason != "cancelled":
            self._link.worked(stream.model, True)
        outcome = Outcome(
            message.reason, message.usage, message.trimmed_messages, answered_by=stream.model,
            tool_calls=message.tool_calls,
        )  # fmt: skip
        self._end(stream, outcome)

    def failed(self, message: Failed) -> None:
        stream = self._ending(message.generation, message.epoch)
        if stream is None:
            return
        extra = {"generation": str(message.generation), "code": message.code, "node": str(self._link.node)}
        log.warning("generation.failed", extra=extra)
        if message.retry:
            self._link.worked(stream.model, False)
            self._finish_stream(stream)
            self._link.spawn(self._give_back(stream, message))
        else:
            text = message.detail or gettext("The machine could not answer ({code}).").format(code=message.code)
            self._end(stream, Outcome("failed", error_code=message.code, error=text, answered_by=stream.model))

    def _ending(self, generation: UUID, epoch: int) -> Stream | None:
        """The stream that a final message ends; a stale or unknown one is to be dropped by the node."""
        stream = self.streams.get(generation)
        if stream is None:
            self._link.send(Drop(generation=generation))
        elif stream.epoch != epoch or stream.ending:
            return None
        return stream

    def _end(self, stream: Stream, outcome: Outcome) -> None:
        self._finish_stream(stream)
        self._link.spawn(self._write_end(stream, replace(outcome, thinking=stream.thinking)))

    def _finish_stream(self, stream: Stream) -> None:
        # From here the node's slot is free, while the database still has to hear of it.
        stream.ending = True
        self._stopping.pop(stream.generation, None)
        self._link.freed()

    async def _write_end(self, stream: Stream, outcome: Outcome) -> None:
        if stream.tools and outcome.reason == "tool_calls" and outcome.tool_calls:
            if await self._suspend(stream, outcome):
                self._written(stream)
                return
            # Somebody stopped it at this very moment; or its lease was lost, and nothing of this is written.
            outcome = replace(outcome, reason="cancelled", tool_calls=())
        outcome = replace(outcome, spent=stream.spent, thought=stream.unnoted)
        text = stream.text
        if stream.message is not None:
            text, parts = await in_thread(outgoing.ready, text, stream.thinking, stream.generation)
            outcome = replace(outcome, **parts)
        try:
            ended = await in_database(generations.finish, stream.generation, stream.epoch, text, outcome)
            if ended and replies.expects(stream.generation):
                await in_database(replies.keep, stream.generation, text, outcome)
        except DatabaseTrouble:
            raise
        except Exception:
            # An end that can never be stored must not keep its conversation waiting for ever.
            extra = {"generation": str(stream.generation), "node": str(self._link.node)}
            log.exception("generation.bad_end", extra=extra)
            why = gettext("The machine ended this answer in a way the site could not store. What it wrote is kept.")
            await in_database(
                generations.end_by_site, stream.generation, "failed", "bad_answer", why, epoch=stream.epoch
            )
        # Ended by us or, if the lease was lost, by somebody else: either way the node need not keep it.
        self._written(stream)

    async def _suspend(self, stream: Stream, outcome: Outcome) -> bool:
        """The model waits for results of tools: the site's turn. False where the answer is not to go on."""
        await self._recorder.store(stream)
        if stream.waiting:
            raise DatabaseTrouble("what the node has written is not stored")
        assert outcome.usage is not None
        return await in_database(
            steps.suspend, stream.generation, stream.epoch, outcome.tool_calls, outcome.usage, stream.unnoted
        )

    def _written(self, stream: Stream) -> None:
        """Its end is stored: the node may forget it."""
        if self.streams.get(stream.generation) is stream:
            del self.streams[stream.generation]
        if not self._link.closed:
            self._link.send(Ack(items=(Acked(g=stream.generation, o=stream.counted[0]),), done=(stream.generation,)))
            self._link.freed()

    async def _give_back(self, stream: Stream, message: Failed) -> None:
        await self._recorder.store(stream)
        detail = message.detail or gettext("The machine could not answer ({code}).").format(code=message.code)
        # Before it is in the queue again: this very node may get it next, and must not be told to drop that.
        self._forget(stream)
        await in_database(generations.give_back, stream.generation, stream.epoch, message.code, detail)

    # storing --------------------------------------------------------------------------------------------------------

    def _stored(self, taken: Sequence[tuple[Stream, Piece]], lost: set[UUID]) -> None:
        acked = []
        for stream, piece in taken:
            if stream.generation not in lost:
                stream.committed(piece)
                self._formatting.stored(stream, piece)
                acked.append(Acked(g=stream.generation, o=stream.acknowledged))
            elif not stream.ending and stream.generation not in self._stopping:
                # One that is to stop still tells how much it has read and written: its conversation may have been deleted.
                self._forget(stream)
        if acked and not self._link.closed:
            self._link.send(Ack(items=tuple(acked)))

    def _forget(self, stream: Stream) -> None:
        """Has the node drop it, unless it has been given the same generation anew."""
        if self.streams.get(stream.generation) is stream:
            del self.streams[stream.generation]
            if not self._link.closed:
                self._link.send(Drop(generation=stream.generation))

    # the end --------------------------------------------------------------------------------------------------------

    async def let_go(self) -> list[UUID]:
        """The node stops on purpose: stores what came and returns those that have ended. These are being written down here,
        and are no longer the node's to give back; all others are forgotten by :meth:`forget_others`.
        """
        await self._recorder.store()
        return [stream.generation for stream in self.streams.values() if stream.ending]

    def forget_others(self, ending: Iterable[UUID]) -> None:
        for generation in self.streams.keys() - set(ending):
            del self.streams[generation]

    def stop_recording(self) -> None:
        self._recorder.stop()

    async def store_rest(self) -> None:
        """The socket is gone: stores what came and tells readers."""
        await self._recorder.store()
        for stream in self.streams.values():
            if not stream.ending and stream.message is not None:
                self._away(stream, True)

    def _away(self, stream: Stream, away: bool) -> None:
        event = NodeAway(conversation=stream.conversation, generation=stream.generation, away=away)
        bus.event(conversation_topic(stream.conversation), event)


def without(messages: tuple[ChatMessage, ...], lost: set[str]) -> tuple[ChatMessage, ...]:
    """Later turns do without an image that is gone."""
    if not lost:
        return messages
    return tuple(
        one.model_copy(update={"images": tuple(image for image in one.images if image.blob not in lost)})
        for one in messages
    )
