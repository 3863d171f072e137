"""Routes as answers take them: who is routed at all, by which model, what else of the route an answer gets, and what its reader is told."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chat import actions, asked, claims, generations, messages
from chat.events import Regenerate
from chat.generations import Outcome
from chat.models import Conversation, Generation, Message, Node, NodeModel, Route
from chat.routes import actions as routes
from chat.routes import decisions, table, waiting
from chat.routes.table import Table
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from tests.chat.makers import Asking, Pairing, claim_one
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

MATH = "Solve x^2 - 5x + 6 = 0 for x"


def change(key: str, **values: object) -> None:
    row = Route.objects.get(key=key)
    for name, value in values.items():
        setattr(row, name, value)
    routes.save(row)


def taken(row: Generation) -> decisions.Decision:
    found = decisions.read(Generation.objects.get(pk=row.pk).routed)
    assert found is not None
    return found


def again(user: User, row: Generation, route: str) -> Generation:
    assert row.message is not None
    generations.end_by_site(row.pk, "cancelled")
    made = actions.regenerate(user, row.message, uuid4(), route=route)
    return Generation.objects.get(pk=made.generation)


# who is routed --------------------------------------------------------------------------------------------------------


def test_while_routing_is_off_nothing_changes_and_nothing_is_asked(alice: User, ask: Asking) -> None:
    with CaptureQueriesContext(connection) as queries:
        row = ask(alice, MATH)
    assert (row.routed, row.model) == (None, "")
    assert not [one["sql"] for one in queries if "chat_rout" in one["sql"] or "chat_nodemodel" in one["sql"]]
    assert messages.message_out(row.message, row).route is None  # type: ignore[arg-type]


def test_a_question_takes_its_route_without_another_query(alice: User, ask: Asking, routing: Table) -> None:
    talk = actions.create_conversation(alice)
    with CaptureQueriesContext(connection) as queries:
        row = ask(alice, MATH, conversation=talk)
    found = taken(row)
    assert (found.route, found.name, found.stage, found.why) == ("math", "Math", "rules", "equation")
    assert found.confidence >= 0.8
    assert (row.sampling["temperature"], row.sampling["thinking"]) == (0.2, "on")
    assert not [one["sql"] for one in queries if "chat_route" in one["sql"] or "chat_routing" in one["sql"]]


def test_a_conversation_that_names_a_model_is_left_alone(alice: User, ask: Asking, routing: Table) -> None:
    talk = actions.create_conversation(alice, "tiny")
    row = ask(alice, MATH, conversation=talk)
    assert (row.routed, row.model, row.sampling) == (None, "tiny", {})


def test_what_the_conversation_says_goes_before_the_route(alice: User, ask: Asking, routing: Table) -> None:
    talk = actions.create_conversation(alice)
    actions.configure(talk, "", "", 1.5, "off")
    row = ask(alice, MATH, conversation=Conversation.objects.get(pk=talk.pk))
    assert (row.sampling["temperature"], row.sampling["thinking"]) == (1.5, "off")
    assert taken(row).route == "math"


def test_what_nothing_speaks_for_takes_the_usual_route(alice: User, ask: Asking, routing: Table) -> None:
    found = taken(ask(alice, "Какая погода?"))
    assert (found.route, found.stage) == ("general", "usual")


def test_without_any_route_answers_go_on_as_before(alice: User, ask: Asking, routing: Table) -> None:
    routes.delete(Route.objects.all())
    assert ask(alice, MATH).routed is None


# which model ----------------------------------------------------------------------------------------------------------


def test_the_first_model_that_is_there_answers(alice: User, ask: Asking, pair: Pairing, routing: Table) -> None:
    change("math", aliases=["deep", "quick"])
    assert ask(alice, MATH).model == "", "nobody waits for what no machine has"
    pair("quick")
    assert ask(alice, MATH).model == "quick"
    pair("deep", session="two")
    assert ask(alice, MATH).model == "deep"
    NodeModel.objects.filter(alias="deep").update(breaker="open")
    assert ask(alice, MATH).model == "quick", "one that fails too often is passed over"
    NodeModel.objects.filter(alias="deep").update(breaker="half_open")
    assert ask(alice, MATH).model == "deep"


def test_a_machine_that_works_for_its_owner_alone_stands_in_for_nobody_else(
    alice: User, olga: User, ask: Asking, pair: Pairing, routing: Table
) -> None:
    change("math", aliases=["private", "common"])
    pair("private")
    pair("common", session="two")
    Node.objects.filter(models__alias="private").update(own_only=True)
    assert (ask(alice, MATH).model, ask(olga, MATH).model) == ("common", "private")


def test_who_waits_for_a_model_that_went_away_gets_the_next_one(
    alice: User, ask: Asking, pair: Pairing, routing: Table
) -> None:
    change("math", aliases=["deep", "quick"])
    node = pair("deep")
    row = ask(alice, MATH)
    assert waiting.turn_to_others() == 0
    pair("quick", session="two")
    Node.objects.filter(pk=node.pk).update(session="")
    assert waiting.turn_to_others() == 1
    assert Generation.objects.get(pk=row.pk).model == "quick"
    NodeModel.objects.filter(alias="quick").update(breaker="open")
    assert waiting.turn_to_others() == 1
    assert Generation.objects.get(pk=row.pk).model == "", "then any"


def test_those_at_the_end_of_a_long_queue_get_it_too(
    alice: User, ask: Asking, pair: Pairing, routing: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PART", 1)
    change("math", aliases=["deep", "quick"])
    deep = pair("deep")
    # The first in the queue are waited for by their askers' choice.
    rows = [ask(alice, MATH, conversation=actions.create_conversation(alice, "other")) for _ in range(2)]
    rows += [ask(alice, MATH, conversation=actions.create_conversation(alice)) for _ in range(2)]
    pair("quick", session="two")
    Node.objects.filter(pk=deep.pk).update(session="")
    assert waiting.turn_to_others() == 2
    found = dict(Generation.objects.values_list("pk", "model"))
    assert [found[row.pk] for row in rows] == ["other", "other", "quick", "quick"]


def test_a_model_that_somebody_chose_is_waited_for(alice: User, ask: Asking, pair: Pairing, routing: Table) -> None:
    change("math", aliases=["deep"])
    row = ask(alice, MATH, conversation=actions.create_conversation(alice, "other"))
    assert waiting.turn_to_others() == 0
    assert Generation.objects.get(pk=row.pk).model == "other"


# what else of the route -----------------------------------------------------------------------------------------------


def test_a_route_bounds_the_answer_and_puts_its_prompt_before_it(
    alice: User, ask: Asking, pair: Pairing, routing: Table
) -> None:
    change("math", max_tokens=300, prompt="Count twice.")
    node = pair("tiny")
    ask(alice, MATH)
    claimed = claim_one("one", node.pk, ["tiny"])
    assert claimed is not None
    assert (claimed.sampling.max_tokens, claimed.sampling.thinking) == (300, "on")
    assert "Count twice." in claimed.messages[0].content
    row = Generation.objects.get()
    assert row.composition is not None
    assert [one["source"] for one in row.composition.layers if one["text"] == "Count twice."] == ["route"]


def test_a_route_bounds_what_is_read_of_the_conversation(
    alice: User, ask: Asking, pair: Pairing, routing: Table
) -> None:
    change("math", window=400)
    node = pair("tiny")
    first = ask(alice, "Once upon a time. " * 60)
    generations.end_by_site(first.pk, "cancelled")
    ask(alice, MATH, conversation=Conversation.objects.get(pk=first.conversation_id))
    claimed = claim_one("one", node.pk, ["tiny"])
    assert claimed is not None
    assert [one.content for one in claimed.messages if one.role == "user"] == [MATH]


def test_a_route_narrows_what_may_be_called(alice: User, ask: Asking, routing: Table) -> None:
    before = ask(alice, MATH).tools or []
    change("math", tools=["current_time"], calls=4)
    row = ask(alice, MATH)
    assert (row.tools, row.most_calls) == ([one for one in before if one == "current_time"] or None, 4)


def test_a_route_that_is_deleted_while_its_answer_waits_leaves_its_name(
    alice: User, ask: Asking, pair: Pairing, routing: Table
) -> None:
    change("math", prompt="Count twice.")
    node, row = pair("tiny"), ask(alice, MATH)
    routes.delete(Route.objects.filter(key="math"))
    claimed = claim_one("one", node.pk, ["tiny"])
    assert claimed is not None
    assert all("Count twice." not in one.content for one in claimed.messages)
    assert generations.finish(row.pk, claimed.epoch, "2 and 3.", Outcome("stop", answered_by="tiny"))
    shown = messages.branch_out(Conversation.objects.get(pk=row.conversation_id))[-1]
    assert shown.route is not None
    assert shown.route.name == "Math"
    assert waiting.turn_to_others() == 0


def test_an_answer_that_goes_on_keeps_its_route(alice: User, ask: Asking, pair: Pairing, routing: Table) -> None:
    change("math", aliases=["tiny"])
    node, row = pair("tiny"), ask(alice, MATH)
    claimed = claim_one("one", node.pk, ["tiny"])
    assert claimed is not None
    generations.finish(row.pk, claimed.epoch, "2 and", Outcome("length", answered_by="tiny"))
    made = actions.go_on(alice, Message.objects.get(pk=row.message_id), uuid4())
    more = Generation.objects.get(pk=made.generation)
    assert (more.routed, more.model, more.sampling["thinking"]) == (row.routed, "tiny", "on")


# another route --------------------------------------------------------------------------------------------------------


def test_alice_asks_for_another_route(alice: User, ask: Asking, pair: Pairing, routing: Table) -> None:
    pair("tiny", "poet")
    change("general", aliases=["poet"], temperature=0.9)
    first = ask(alice, MATH)
    other = again(alice, first, "general")
    found = taken(other)
    assert (found.route, found.stage, found.confidence) == ("general", "person", 1.0)
    assert (other.model, other.sampling["temperature"]) == ("poet", 0.9)
    assert other.message_id != first.message_id, "a version beside the other"
    shown = messages.message_out(other.message, other)  # type: ignore[arg-type]
    assert shown.route is not None
    assert (shown.route.stage, shown.route.reason) == ("person", "You chose it.")


def test_another_route_counts_more_than_the_conversations_model_for_that_answer_alone(
    alice: User, ask: Asking, pair: Pairing, routing: Table
) -> None:
    pair("tiny", "poet")
    change("general", aliases=["poet"])
    talk = actions.create_conversation(alice, "tiny")
    other = again(alice, ask(alice, MATH, conversation=talk), "general")
    assert other.model == "poet"
    generations.end_by_site(other.pk, "cancelled")
    assert ask(alice, MATH, conversation=Conversation.objects.get(pk=talk.pk)).model == "tiny"


@pytest.mark.parametrize("key", ["gone", "math'; --", "@site", "\x00"])
def test_a_route_that_is_not_there_is_refused_and_nothing_is_stored(
    alice: User, ask: Asking, routing: Table, key: str
) -> None:
    first = ask(alice, MATH)
    with pytest.raises(Invalid) as refused:
        again(alice, first, key)
    assert refused.value.code == "route_unknown"
    assert Generation.objects.count() == 1


def test_while_routing_is_off_no_route_may_be_asked_for(alice: User, ask: Asking) -> None:
    with pytest.raises(Invalid):
        again(alice, ask(alice, MATH), "math")


def test_charlie_asks_for_no_route_of_alices_answer(alice: User, charlie: User, ask: Asking, routing: Table) -> None:
    row = ask(alice, MATH)
    generations.end_by_site(row.pk, "cancelled")
    request = Regenerate(type="regenerate", request=uuid4(), message=row.message_id, route="general")
    with pytest.raises(NotFound):
        asked.ask(charlie, request)
    assert asked.ask(alice, request) == []
    assert len(asked.ask(alice, request)) == 2, "the same request once more asks nothing"
    assert Generation.objects.count() == 2


# what its reader is told ----------------------------------------------------------------------------------------------


def test_the_page_says_which_route_and_why_and_offers_the_others(
    alice: User, charlie: User, ask: Asking, routing: Table, client: Client
) -> None:
    Route.objects.filter(key="math").update(name="<b>Math</b>")
    table.watched.refresh()
    change("math", name="<b>Sums</b>")
    row = ask(alice, MATH)
    generations.end_by_site(row.pk, "cancelled")
    client.login(username="alice", password=PASSWORD)
    page = client.get(f"/chat/{row.conversation_id}/").content.decode()
    assert 'data-key="math" data-name="&lt;b&gt;Sums&lt;/b&gt;" data-stage="rules"' in page
    assert "it holds an equation" in page
    assert '"key": "reasoning"' in page
    assert "<b>Sums" not in page
    client.login(username="charlie", password=PASSWORD)
    assert client.get(f"/chat/{row.conversation_id}/").status_code == 404


def test_notes_that_an_earlier_version_made_are_passed_over(alice: User, ask: Asking, pair: Pairing) -> None:
    node, row = pair("tiny"), ask(alice)
    strange: list[object] = [{}, [], "math", {"stage": "oracle"}, {"stage": "rules", "confidence": None, "route": 7}]
    for noted in strange:
        Generation.objects.filter(pk=row.pk).update(routed=noted)
        again_read = Generation.objects.get(pk=row.pk)
        assert decisions.shown(again_read) is None or noted == {"stage": "rules", "confidence": None, "route": 7}
    assert claims.claim("one", node.pk, {"tiny": 1})
