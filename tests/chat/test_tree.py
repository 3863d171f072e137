"""Versions, edits, deletions and copies: what Alice does to a conversation loses nothing of it."""

import datetime
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from chat import actions, branches, generations, tree
from chat.access import access_message
from chat.generations import Outcome
from chat.messages import branch, branch_out, contexts
from chat.models import Conversation, Generation, Message
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from tests.chat.makers import Asking, Pairing, claim_one

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


class Talk:
    """A conversation of Alice's whose answers a test gives."""

    def __init__(self, owner: User) -> None:
        self.owner = owner
        self.pk = actions.create_conversation(owner).pk

    def answered(self, asked: actions.Asked, text: str, reason: str = "stop", thought: str = "") -> Message:
        """Ends the answer as its node would."""
        now = timezone.now()
        Generation.objects.filter(pk=asked.generation).update(
            state="streaming", lease_epoch=7, lease_owner="one", lease_until=now + datetime.timedelta(minutes=1)
        )
        outcome = Outcome(
            reason, Usage(prompt_tokens=9, completion_tokens=5), answered_by="tiny", html=f"<p>{text}</p>",
            thinking=len(thought),
        )  # fmt: skip
        assert generations.finish(asked.generation, 7, thought + text, outcome)
        return Message.objects.get(pk=asked.answer)

    def ask(self, question: str, answer: str, **more: str) -> Message:
        return self.answered(actions.send(self.owner, self.pk, uuid4(), question), answer, **more)

    def edit(self, question: Message, text: str, answer: str) -> Message:
        return self.answered(actions.edit_question(self.owner, question, uuid4(), text), answer)

    def again(self, message: Message, answer: str) -> Message:
        return self.answered(actions.regenerate(self.owner, message, uuid4()), answer)

    @property
    def row(self) -> Conversation:
        return Conversation.objects.get(pk=self.pk)

    @property
    def shown(self) -> list[str]:
        return [message.content for message in branch(self.row)]

    def places(self) -> list[str]:
        """Of what is shown, as the page says it."""
        return [f"{out.place.number}/{out.place.count}" if out.place else "" for out in branch_out(self.row)]


@pytest.fixture
def talk(alice: User) -> Talk:
    return Talk(alice)


def question_of(answer: Message) -> Message:
    assert answer.parent is not None
    return answer.parent


def test_an_answer_written_again_stands_beside_the_first(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "One.")
    second = talk.again(first, "Two.")
    assert (talk.shown, talk.places()) == (["Why?", "Two."], ["", "2/2"])
    assert branches.show(alice, first) == first.pk
    assert (talk.shown, talk.places()) == (["Why?", "One."], ["", "1/2"])
    out = branch_out(talk.row)[1]
    assert out.place is not None
    assert (out.place.before, out.place.after) == (None, second.pk)


def test_showing_a_version_goes_to_the_newest_end_below_it(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "One.")
    old = talk.ask("And then?", "This.")
    new = talk.again(old, "That.")
    talk.again(first, "Two.")
    assert talk.shown == ["Why?", "Two."]
    assert branches.show(alice, first) == new.pk
    assert talk.shown == ["Why?", "One.", "And then?", "That."]
    branches.show(alice, old)
    assert branches.show(alice, first) == old.pk, "what is shown already stays as it is"


def test_a_question_is_asked_again_in_other_words_and_the_old_branch_stays(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "One.")
    talk.ask("And then?", "This.")
    other = talk.edit(question_of(first), "How?", "So.")
    assert (talk.shown, talk.places()) == (["How?", "So."], ["2/2", ""])
    branches.show(alice, question_of(first))
    assert talk.shown == ["Why?", "One.", "And then?", "This."]
    branches.show(alice, other)
    row = Generation.objects.get(message=other)
    turns = contexts([row], {row.pk: ""})[row.pk].messages
    assert [turn.content for turn in turns] == ["How?"], "the other branch is none of the model's business"


def test_the_same_edit_sent_twice_is_made_once(alice: User, talk: Talk) -> None:
    first, request = talk.ask("Why?", "One."), uuid4()
    made = actions.edit_question(alice, question_of(first), request, "How?")
    again = actions.edit_question(alice, question_of(first), request, "How?")
    assert (again.answer, again.repeated) == (made.answer, True)
    assert Message.objects.count() == 4


@pytest.mark.parametrize("text", ["", " \n ", "x" * 200_001])
def test_a_question_is_not_edited_into_nothing_or_too_much(alice: User, talk: Talk, text: str) -> None:
    first = talk.ask("Why?", "One.")
    with pytest.raises(Invalid):
        actions.edit_question(alice, question_of(first), uuid4(), text)
    with pytest.raises(Invalid):
        branches.edit_answer(alice, first, text)
    assert talk.shown == ["Why?", "One."]


def test_an_answer_is_edited_and_says_so(alice: User, talk: Talk) -> None:
    answer = talk.ask("Why?", "One.", thought="Hmm. ")
    branches.edit_answer(alice, answer, "**Better** <script>")
    out = branch_out(talk.row)[1]
    assert out.edited and out.thinking == 5
    assert "<strong>Better</strong>" in out.html and "<script>" not in out.html
    with pytest.raises(Invalid, match="asked again"):
        branches.edit_answer(alice, question_of(answer), "No.")


def test_an_answer_that_is_being_written_is_not_edited_nor_copied(alice: User, talk: Talk, ask: Asking) -> None:
    asked = actions.send(alice, talk.pk, uuid4(), "Why?")
    answer = Message.objects.get(pk=asked.answer)
    with pytest.raises(Invalid, match="still being written"):
        branches.edit_answer(alice, answer, "Mine.")
    with pytest.raises(Invalid, match="still being written"):
        branches.fork(alice, answer)
    assert Conversation.objects.count() == 1


def test_a_branch_is_deleted_and_brought_back(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "One.")
    talk.ask("And then?", "This.")
    last = talk.ask("And more?", "That.")
    then = question_of(question_of(question_of(last)))
    assert branches.remove(alice, then) == 4
    assert talk.shown == ["Why?", "One."]
    assert talk.row.head_id == first.pk
    with pytest.raises(NotFound):
        branches.show(alice, last)
    assert branches.restore(alice, then) == last.pk
    assert talk.shown == ["Why?", "One.", "And then?", "This.", "And more?", "That."]


def test_a_deleted_version_gives_way_to_the_one_beside_it(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "One.")
    second = talk.again(first, "Two.")
    branches.remove(alice, second)
    assert (talk.shown, talk.places()) == (["Why?", "One."], ["", ""])
    branches.remove(alice, first)
    assert talk.shown == ["Why?"]
    third = talk.again(question_of(first), "Three.")
    assert talk.shown == ["Why?", "Three."]
    branches.restore(alice, first)
    assert talk.places() == ["", "1/2"]
    assert third.parent_id == first.parent_id


def test_a_first_question_deleted_leaves_the_other_first_question_or_nothing(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "One.")
    other = talk.edit(question_of(first), "How?", "So.")
    branches.remove(alice, question_of(other))
    assert talk.shown == ["Why?", "One."]
    branches.remove(alice, question_of(first))
    assert talk.shown == [] and talk.row.head_id is None
    talk.ask("What?", "That.")
    assert talk.shown == ["What?", "That."]
    branches.restore(alice, question_of(other))
    assert (talk.shown, talk.places()) == (["How?", "So."], ["1/2", ""])


def test_what_hung_on_something_deleted_later_comes_back_after_it(alice: User, talk: Talk) -> None:
    talk.ask("Why?", "One.")
    last = talk.ask("And then?", "This.")
    branches.remove(alice, last)
    then = question_of(last)
    branches.remove(alice, then)
    with pytest.raises(Invalid, match="first"):
        branches.restore(alice, last)
    branches.restore(alice, then)
    branches.restore(alice, last)
    assert talk.shown == ["Why?", "One.", "And then?", "This."]


def test_deleting_a_branch_stops_its_answer(alice: User, talk: Talk) -> None:
    talk.ask("Why?", "One.")
    waiting = actions.send(alice, talk.pk, uuid4(), "And then?")
    branches.remove(alice, question_of(Message.objects.get(pk=waiting.answer)))
    assert Generation.objects.get(pk=waiting.generation).state == "cancelled"
    running = actions.send(alice, talk.pk, uuid4(), "And then?")
    Generation.objects.filter(pk=running.generation).update(state="streaming", lease_owner="one")
    branches.remove(alice, Message.objects.get(pk=running.answer))
    assert Generation.objects.get(pk=running.generation).stop_requested


def test_nothing_is_asked_about_what_was_deleted(alice: User, talk: Talk) -> None:
    answer = talk.ask("Why?", "One.")
    branches.remove(alice, question_of(answer))
    stale = Message.objects.get(pk=answer.pk)
    for ask in (
        lambda: actions.regenerate(alice, stale, uuid4()),
        lambda: actions.edit_question(alice, question_of(stale), uuid4(), "How?"),
        lambda: actions.go_on(alice, stale, uuid4()),
        lambda: branches.edit_answer(alice, stale, "Mine."),
        lambda: branches.fork(alice, stale),
        lambda: branches.show(alice, stale),
        lambda: branches.remove(alice, stale),
    ):
        with pytest.raises(NotFound):
            ask()
    assert talk.row.generations.exclude(purpose="title").count() == 1


def test_a_fork_is_a_copy_down_to_its_message_and_a_conversation_of_its_own(alice: User, talk: Talk) -> None:
    first = talk.ask("Why?", "One.", thought="Hmm.")
    talk.ask("And then?", "This.")
    actions.configure(talk.row, "tiny", "Be brief.", 0.5)
    copy = branches.fork(alice, first)
    assert [(m.role, m.content, m.thinking) for m in branch(copy)] == [
        ("user", "Why?", ""),
        ("assistant", "One.", "Hmm."),
    ]
    assert (copy.model, copy.system_prompt, copy.temperature) == ("tiny", "Be brief.", 0.5)
    assert branch_out(copy)[1].thinking == 4
    asked = actions.send(alice, copy.pk, uuid4(), "What else?")
    row = Generation.objects.get(pk=asked.generation)
    turns = contexts([row], {row.pk: ""})[row.pk].messages
    assert [turn.content for turn in turns] == ["Be brief.", "Why?", "One.", "What else?"]
    assert talk.shown == ["Why?", "One.", "And then?", "This."]


def test_a_cut_answer_goes_on_in_its_own_message(alice: User, talk: Talk, pair: Pairing) -> None:
    answer = talk.ask("Why?", "Because of", reason="length", thought="Hmm. ")
    assert branch_out(talk.row)[1].cut
    asked = actions.go_on(alice, answer, uuid4())
    assert asked.answer == answer.pk
    Generation.objects.filter(purpose="title").delete()
    claimed = claim_one("one", pair("tiny").pk, ["tiny"])
    assert claimed is not None
    assert (claimed.prefix, claimed.prefix_thinking) == ("Hmm. Because of", 5)
    assert [turn.content for turn in claimed.messages] == ["Why?"]
    usage = Usage(prompt_tokens=9, completion_tokens=3)
    outcome = Outcome("stop", usage, answered_by="tiny", html="<p>x</p>", thinking=5)
    assert generations.finish(claimed.generation, claimed.epoch, "Hmm. Because of lizards.", outcome)
    answer.refresh_from_db()
    assert (answer.thinking, answer.content, answer.tokens) == ("Hmm. ", "Because of lizards.", 8)
    out = branch_out(talk.row)[1]
    assert (out.state, out.cut, out.notice) == ("done", False, "")


def test_a_continuation_stopped_before_it_began_loses_nothing(alice: User, talk: Talk) -> None:
    answer = talk.ask("Why?", "Because", reason="cancelled", thought="Hmm. ")
    asked = actions.go_on(alice, answer, uuid4())
    actions.stop(Generation.objects.get(pk=asked.generation))
    answer.refresh_from_db()
    assert (answer.thinking, answer.content, answer.tokens, answer.model) == ("Hmm. ", "Because", 5, "tiny")
    assert branch_out(talk.row)[1].cut


def test_what_is_complete_or_not_the_last_is_not_continued(alice: User, talk: Talk) -> None:
    whole = talk.ask("Why?", "One.")
    with pytest.raises(Invalid, match="complete"):
        actions.go_on(alice, whole, uuid4())
    cut = talk.ask("And?", "Th", reason="length")
    talk.ask("Go on?", "Yes.")
    with pytest.raises(Invalid, match="last"):
        actions.go_on(alice, cut, uuid4())
    empty = talk.ask("More?", "", reason="cancelled")
    with pytest.raises(Invalid, match="complete"):
        actions.go_on(alice, empty, uuid4())
    assert not Generation.objects.filter(continues=True).exists()


def test_charlie_reaches_no_message_of_alices(charlie: User, talk: Talk) -> None:
    answer = talk.ask("Why?", "One.", reason="length")
    with pytest.raises(NotFound):
        access_message(charlie, answer.pk)
    for ask in (
        lambda: actions.edit_question(charlie, question_of(answer), uuid4(), "Mine?"),
        lambda: actions.regenerate(charlie, answer, uuid4()),
        lambda: actions.go_on(charlie, answer, uuid4()),
        lambda: branches.show(charlie, answer),
        lambda: branches.edit_answer(charlie, answer, "Mine."),
        lambda: branches.remove(charlie, answer),
        lambda: branches.restore(charlie, answer),
        lambda: branches.fork(charlie, answer),
    ):
        with pytest.raises(NotFound):
            ask()
    assert talk.shown == ["Why?", "One."]


def test_places_and_ends_of_a_tree() -> None:
    a, b, c, d, e = (UUID(int=number) for number in range(1, 6))
    rows: tree.Rows = {a: None, b: a, c: a, d: b, e: None}
    assert tree.below(rows, a) == [a, b, c, d]
    assert (tree.end_of(rows, a), tree.end_of(rows, b), tree.end_of(rows, None)) == (d, d, e)
    assert tree.path(rows, d) == [a, b, d]
    places = tree.versions(rows.items())
    assert set(places) == {a, e, b, c}
    assert (places[b].number, places[b].after, places[c].before) == (1, c, b)
