"""The temporary answers that a node writes: their text goes to the page that asked, and nowhere else."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext

from chat import costs
from chat.bus import bus
from chat.events import FinishedOut, PromptProgress
from chat.hub import conversation_topic
from chat.inference.answers import MAX_ANSWER
from chat.inference.link import Link
from chat.inference.stream import Stream
from chat.messages import rendered
from chat.temporary import actions
from chat.temporary.events import TemporaryText
from chat.temporary.question import End, Question, answer_out, state_of
from chat.temporary.words import TOPIC, Word
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.messages import Ack, Acked, Delta, Drop, Failed, Finished, Generate, Progress, Stop
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

EPOCH = 1
"""There is one attempt: a second one would need what was written before, and nothing keeps that."""


@dataclass(slots=True)
class _Run:
    question: Question
    stream: Stream
    left_out: int
    stopping: bool = False


class TemporaryAnswers:
    """Of one node's session."""

    def __init__(self, link: Link) -> None:
        self.runs: dict[UUID, _Run] = {}
        self._link = link

    def busy(self) -> Iterable[str]:
        """The model of each slot in use."""
        return (run.stream.model for run in self.runs.values())

    def of(self, user: int) -> int:
        return sum(run.question.user == user for run in self.runs.values())

    def start(self, question: Question, model: str, window: int | None) -> None:
        """Hands a question to the node."""
        messages, plan = question.reading(window)
        stream = Stream.of(question.generation, EPOCH, question.conversation, question.answer, model, "")
        run = self.runs[question.generation] = _Run(question, stream, plan.left_out)
        job = Generate(
            generation=question.generation, epoch=EPOCH, model=model, messages=messages, sampling=question.settings(),
            trace=question.trace,
        )  # fmt: skip
        if not self._link.send(job):
            self._end(run, End("failed", error=gettext("This chat has become too long to be sent to a machine.")))
            return
        bus.delta(question.conversation, question.answer, question.generation, 0, "")

    def stop(self, generation: UUID) -> None:
        """Passes a stop on, once."""
        run = self.runs.get(generation)
        if run is not None and not run.stopping:
            run.stopping = True
            self._link.send(Stop(generation=generation, epoch=EPOCH))

    def give_up(self, generation: UUID, why: str) -> None:
        """Ends one whose node takes too long, or does not confirm its stop."""
        run = self.runs.get(generation)
        if run is not None:
            self._link.send(Drop(generation=generation))
            self._end(run, End("failed", error=why))

    # what the node says ---------------------------------------------------------------------------------------------

    def delta(self, item: Delta) -> None:
        run = self.runs[item.g]
        if item.e != EPOCH:
            return
        offset = run.stream.length
        text = run.stream.add(item.o, item.x.replace("\x00", "\ufffd"), item.t)
        # Nothing is going to be stored.
        run.stream.take_unstored()
        if text:
            bus.delta(run.question.conversation, run.question.answer, item.g, offset, text, item.t)
        if run.stream.length > MAX_ANSWER:
            self._link.send(Drop(generation=item.g))
            self._end(run, End("length"))

    def progress(self, message: Progress) -> None:
        talk = self.runs[message.generation].question.conversation
        news = PromptProgress(conversation=talk, generation=message.generation, done=message.done, total=message.total)
        bus.event(conversation_topic(talk), news)

    def finished(self, message: Finished) -> None:
        run = self.runs[message.generation]
        if run.stream.length != message.length or run.stream.thinking != message.thinking:
            raise ChannelError("out_of_order", "text is missing at the end")
        if message.reason != "cancelled":
            self._link.worked(run.stream.model, True)
        calls = [call.model_dump() for call in message.tool_calls] or None
        left_out = message.trimmed_messages
        self._end(run, End(message.reason, usage=message.usage, left_out=left_out, tool_calls=calls))

    def failed(self, message: Failed) -> None:
        run = self.runs[message.generation]
        extra = {"generation": str(message.generation), "code": message.code, "node": str(self._link.node)}
        log.warning("temporary.failed", extra=extra)
        if message.retry:
            self._link.worked(run.stream.model, False)
        words = gettext("The machine could not answer ({code}).").format(code=message.code)
        self._end(run, End("failed", error=(message.detail or words)[:500]))

    # the end --------------------------------------------------------------------------------------------------------

    def gone(self) -> None:
        """The link is lost, and with it what the node was at."""
        for run in list(self.runs.values()):
            self._end(run, End("failed", error=gettext("The machine went away. Ask again.")))

    def _end(self, run: _Run, end: End) -> None:
        self.runs.pop(run.question.generation, None)
        stream = run.stream
        whole = replace(
            end, model=stream.model, text=stream.text, thinking=stream.thinking, left_out=end.left_out + run.left_out
        )
        self._link.freed()
        self._link.spawn(self._tell(run.question, whole))

    async def _tell(self, question: Question, end: End) -> None:
        answer = end.text[end.thinking :]
        html = await in_thread(rendered, answer, question.generation) if answer else ""
        if not self._link.closed:
            done = Acked(g=question.generation, o=len(end.text))
            self._link.send(Ack(items=(done,), done=(question.generation,)))
        tell_end(question, replace(end, html=html))
        bus.event(TOPIC, Word(do="over", generations=(question.generation,)))
        failed = end.reason == "failed"
        cost = 0 if failed else costs.counted(end.usage) if end.usage else costs.written(end.text)
        await in_database(actions.settle, question.generation, cost)


def tell_end(question: Question, end: End) -> None:
    """To the page that asked."""
    topic, answer = conversation_topic(question.conversation), end.text[end.thinking :]
    text = TemporaryText(conversation=question.conversation, message=question.answer, content=answer)
    bus.event(topic, text)
    finished = FinishedOut(
        conversation=question.conversation,
        generation=question.generation,
        length=len(answer),
        reason=end.reason,
        message=answer_out(question, state_of(end.reason), end),
    )
    bus.event(topic, finished)
