"""Whatever the network does, and whenever: the site's text is the answer, to the character."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inference_client.engines.base import AnyJob, Done, Job, Picture, Progress, Text
from inference_client.protocol.messages import Availability, encode, from_site
from inference_client.protocol.vocabulary import ModelInfo, Usage
from inference_client.session import Cancel, Identity, Session, Submit
from tests.inference_client.model_site import ANSWER, PAINTING, THOUGHT, ModelSite

MODELS = (ModelInfo(alias="tiny", context_length=512, slots=2),)


class LinkMachine(RuleBasedStateMachine):
    """A session, an engine of two slots that writes ``ANSWER``, and the site's rules, with a wire that may be cut."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(Identity("0", "test", "cpu"), MODELS)
        self.site = ModelSite()
        self.jobs: dict[int, tuple[AnyJob, int]] = {}
        self.up = False
        self.now = 0.0

    @initialize()
    def an_answer_streams(self) -> None:
        self.site.ask()
        self.connect()
        self.exchange()
        self.engine_step(5)

    @precondition(lambda self: self.up)
    @rule()
    def exchange(self) -> None:
        for _ in range(3):
            self.node_sends()
            self.site_reads(100)
            self.node_reads(100)

    @precondition(lambda self: not self.up)
    @rule()
    def connect(self) -> None:
        self.session.connected()
        self.up = True

    @precondition(lambda self: self.up)
    @rule()
    def cut(self) -> None:
        self.site.drop()
        self.session.disconnected()
        self.up = False

    @precondition(lambda self: len(self.site.rows) < 4)
    @rule()
    def ask(self) -> None:
        self.site.ask()

    @precondition(lambda self: len(self.site.rows) < 4)
    @rule()
    def ask_for_an_image(self) -> None:
        self.site.ask(paints=True)

    @rule(slots=st.integers(1, 3))
    def the_owner_changes_limits(self, slots: int) -> None:
        self.session.availability_changed(Availability(state="open", max_slots=slots))

    @precondition(lambda self: self.site.open_rows())
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        self.site.stop(data.draw(st.sampled_from(self.site.open_rows())))

    @precondition(lambda self: self.site.greeted and self.site.open_rows())
    @rule(data=st.data())
    def another_node_wrote_on(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.site.open_rows()))
        if not row.stop:
            self.site.ask_again(row)

    @rule(size=st.integers(1, 9))
    def engine_step(self, size: int) -> None:
        events: list[Text | Picture | Done | Progress] = []
        for run, (job, at) in list(self.jobs.items())[:2]:
            if not isinstance(job, Job):
                del self.jobs[run]
                painted = Picture(run, "image/png", PAINTING)
                events += [painted, Done(run, "stop", Usage(prompt_tokens=1, completion_tokens=0))]
                continue
            thinking = at < THOUGHT
            piece = ANSWER[at : min(at + size, THOUGHT if thinking else len(ANSWER))]
            self.jobs[run] = (job, at + len(piece))
            events.append(Text(run, piece, thinking) if piece else Progress(run, 1, 2))
            if at + len(piece) >= len(ANSWER):
                del self.jobs[run]
                events.append(Done(run, "stop", Usage(prompt_tokens=1, completion_tokens=1)))
        self.session.engine_events(events)

    @precondition(lambda self: self.up)
    @rule()
    def node_sends(self) -> None:
        self.now += 1
        self.session.tick(self.now)
        self.site.from_node.extend(self.session.outgoing())

    @rule(count=st.integers(1, 5))
    def site_reads(self, count: int) -> None:
        self.site.read(count)

    @rule(count=st.integers(1, 5))
    def node_reads(self, count: int) -> None:
        for _ in range(min(count, len(self.site.to_node))):
            self.session.receive(from_site(encode(self.site.to_node.popleft())), self.now)
            self.work()

    def work(self) -> None:
        for item in self.session.take_work():
            if isinstance(item, Submit):
                prefix = item.job.prefix if isinstance(item.job, Job) else ""
                assert ANSWER.startswith(prefix)
                assert not isinstance(item.job, Job) or item.job.prefix_thinking == min(THOUGHT, len(prefix))
                self.jobs[item.job.run] = (item.job, len(prefix))
            elif not isinstance(item, Cancel):
                raise AssertionError(f"nobody ordered {item}")
            elif item.run in self.jobs:
                del self.jobs[item.run]
                self.session.engine_events([Done(item.run, "cancelled", Usage(prompt_tokens=1, completion_tokens=1))])

    @invariant()
    def stored_text_begins_the_answer(self) -> None:
        for row in self.site.rows.values():
            assert ANSWER.startswith(row.text)
            assert row.thinking == min(THOUGHT, len(row.text))

    def teardown(self) -> None:
        if not self.up:
            self.connect()
        for _ in range(60):
            self.node_sends()
            self.site_reads(100)
            self.node_reads(100)
            self.engine_step(9)
        for row in self.site.rows.values():
            assert row.state == "done", row
            assert row.text == ("" if row.paints else ANSWER) or row.reason == "cancelled", row
            assert row.reason != "cancelled" or row.stop
        assert not self.jobs
        assert self.session.running == 0
        assert not self.session.unsent
        assert self.site.availability == self.session.availability


TestEveryInterleaving = LinkMachine.TestCase
TestEveryInterleaving.settings = settings(max_examples=400, stateful_step_count=40, deadline=None)
