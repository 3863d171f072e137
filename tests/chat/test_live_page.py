"""The page "Inference clients, live": what Olga sees and orders there, and that nobody else gets near it."""

import datetime
import json
import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import node_overview, nodes
from chat.hub import CONTROL
from chat.models import Node, NodeModel, NodeSample, PairingCode
from meatlizard.accounts.models import User
from tests.chat.makers import Asking, Pairing, claim_one
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)

PAGE, NOW, ORDER = "admin:chat_node_live", "admin:chat_node_live_now", "admin:chat_node_order"
ROUTES = [("get", PAGE), ("get", NOW), ("post", ORDER)]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def order(client: Client, do: str, node: Node, model: str = "") -> str:
    """The words that the operator gets."""
    answer = client.post(reverse(ORDER), {"order": f"{do} {node.pk} {model}".strip()}, follow=True)
    assert answer.status_code == 200
    return " ".join(str(message) for message in answer.context["messages"])


class Ear:
    """Hears the orders that leave this process."""

    def __init__(self) -> None:
        self.heard: list[nodes.NodeOrder] = []

    def event(self, topic: str, frame: str) -> None:
        control = json.loads(frame)
        if control["do"] == "order":
            self.heard.append(nodes.NodeOrder.model_validate_json(control["id"]))

    def delta(self, *_: object) -> None: ...


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    from chat.bus import Bus

    ear = Ear()
    monkeypatch.setattr(Bus, "_publish", lambda self, item: ear.event(item[1], item[2]) if item[1] == CONTROL else None)
    return ear


def sample(node: Node, minutes_ago: int, tokens: int, **more: object) -> NodeSample:
    at = timezone.now().replace(second=0, microsecond=0) - datetime.timedelta(minutes=minutes_ago)
    return NodeSample.objects.create(
        node=node, session=node.session or "one", at=at, seconds=60.0, completion_tokens=tokens, **more
    )


@pytest.mark.parametrize(("method", "name"), ROUTES)
def test_charlie_is_refused_at_every_route_and_visitors_have_to_sign_in(
    method: str, name: str, charlie: User, pair: Pairing
) -> None:
    node = pair("tiny")
    data = {"order": f"revoke {node.pk}"}
    assert getattr(signed_in(charlie), method)(reverse(name), data).status_code == 403
    visitor = getattr(Client(), method)(reverse(name), data)
    assert (visitor.status_code, "login" in visitor["Location"]) == (302, True)
    node.refresh_from_db()
    assert node.revoked is None


@pytest.mark.parametrize(("method", "name"), ROUTES)
def test_staff_without_the_permission_are_refused(method: str, name: str, pair: Pairing) -> None:
    node = pair("tiny")
    clerk = person("clerk", is_staff=True)
    data = {"order": f"revoke {node.pk}"}
    assert getattr(signed_in(clerk), method)(reverse(name), data).status_code == 403
    clerk.user_permissions.add(Permission.objects.get(codename="view_node"))
    assert getattr(signed_in(clerk), method)(reverse(name), data).status_code == (403 if name == ORDER else 200)
    node.refresh_from_db()
    assert node.revoked is None


def test_who_may_only_look_gets_no_buttons(olga: User, pair: Pairing) -> None:
    pair("tiny")
    clerk = person("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_node"))
    assert 'name="order"' not in signed_in(clerk).get(reverse(PAGE)).content.decode()
    assert 'name="order"' in signed_in(olga).get(reverse(PAGE)).content.decode()


def test_orders_need_post_and_the_csrf_token(olga: User, pair: Pairing) -> None:
    node = pair("tiny")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(olga)
    assert strict.post(reverse(ORDER), {"order": f"revoke {node.pk}"}).status_code == 403
    assert strict.get(reverse(ORDER), {"order": f"revoke {node.pk}"}).status_code == 405
    node.refresh_from_db()
    assert node.revoked is None


def test_without_a_client_the_page_says_how_to_pair_one(olga: User) -> None:
    page = signed_in(olga).get(reverse(PAGE)).content.decode()
    assert 'data-testid="empty"' in page
    assert "inference_client pair http://testserver CODE" in page
    assert reverse("admin:chat_node_pair") in page


def test_olga_sees_state_models_speeds_and_the_last_hour(olga: User, alice: User, ask: Asking, pair: Pairing) -> None:
    node = pair("tiny")
    NodeModel.objects.update(
        prompt_tps=812.4, generation_tps=41.26, quantisation="Q4_K_M", sha256="ab" * 32, breaker="open",
        breaker_until=timezone.now(),
    )  # fmt: skip
    sample(node, 30, 1200)
    sample(
        node, 0, 300, busy=2, by_model={"tiny": {"busy": 2}}, memory=5 * 2**30, gpu_utilisation=0.87, temperature=61.0
    )
    ask(alice)
    assert claim_one("one", node.pk, ["tiny"])
    ask(alice)
    page = signed_in(olga).get(reverse(PAGE)).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for words in (
        "mac one", "connected", "1 of 1", "812 tok/s", "41.3 tok/s", "Q4_K_M", "abababababab", "open until", "2 of 4", "87 %",
        "61 °C", "5.0", "Tokens a second",
    ):  # fmt: skip
        assert words in text, words
    assert re.search(r'<path d="M\d+ 100v-', page)
    assert not re.search(r"<[^>]+\sstyle=|<style|<script(?![^>]+src=)|\son\w+=", page.split('id="content"')[1])


def test_the_page_asks_the_database_as_often_for_five_clients_as_for_one(pair: Pairing) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in range(5):
        sample(pair(f"model{number}", session=f"s{number}"), 1, 10)
        with CaptureQueriesContext(connection) as queries:
            assert len(node_overview.overview().nodes) == number + 1
        counts.append(len(queries))
    assert set(counts) == {counts[0]}
    assert counts[0] <= 6


def test_what_nobody_measured_is_said_to_be_unknown(olga: User, pair: Pairing) -> None:
    pair("tiny")
    text = re.sub(r"<[^>]+>", " ", signed_in(olga).get(reverse(NOW)).content.decode())
    assert "unknown" in text
    assert "No measurements in the last hour." in text
    assert " 0.0" not in text


def test_the_fragment_is_the_part_of_the_page_alone(olga: User, pair: Pairing) -> None:
    pair("tiny")
    answer = signed_in(olga).get(reverse(NOW))
    assert "<html" not in answer.content.decode()
    assert "csrfmiddlewaretoken" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_names_from_clients_do_no_harm(olga: User, pair: Pairing) -> None:
    node = pair("tiny")
    Node.objects.filter(pk=node.pk).update(name="<img src=x onerror=alert(1)>", platform='"><script>1</script>')
    page = signed_in(olga).get(reverse(PAGE)).content.decode()
    assert "<img src=x" not in page
    assert "<script>1" not in page


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, "connected"),
        ({"session": ""}, "away"),
        ({"last_seen": timezone.now() - datetime.timedelta(minutes=2)}, "away"),
        ({"paused": True}, "paused"),
        ({"said_state": "paused", "said_why": "battery"}, "paused"),
        ({"said_state": "draining"}, "draining"),
        ({"quiet_from": datetime.time(0, 0), "quiet_until": datetime.time(23, 59, 59, 999999)}, "quiet"),
        ({"revoked": timezone.now()}, "revoked"),
    ],
    ids=["as it is", "no session", "silent", "paused", "paused itself", "draining", "quiet hours", "revoked"],
)
def test_every_state_has_its_word(change: dict[str, object], word: str, pair: Pairing) -> None:
    node = pair("tiny")
    Node.objects.filter(pk=node.pk).update(**change)
    assert node_overview.overview().nodes[0].state == word


@pytest.mark.parametrize(("do", "model"), [("drain", ""), ("load", "tiny"), ("unload", "tiny")])
def test_an_order_leaves_for_the_process_that_holds_the_link(
    do: str, model: str, olga: User, pair: Pairing, ear: Ear
) -> None:
    node = pair("tiny")
    assert "was told to" in order(signed_in(olga), do, node, model)
    assert [(one.node, one.order.do, one.order.model) for one in ear.heard] == [(node.pk, do, model)]


@pytest.mark.parametrize(
    ("do", "model", "words"),
    [
        ("load", "unknown", "does not offer unknown"),
        ("load", "", "does not offer that model"),
        ("drain", "tiny", "does not belong"),
        ("dance", "", "no order"),
        ("", "", "does not exist"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(
    do: str, model: str, words: str, olga: User, pair: Pairing, ear: Ear
) -> None:
    node = pair("tiny")
    client = signed_in(olga)
    answer = client.post(reverse(ORDER), {"order": f"{do} {node.pk if do else 'x'} {model}".strip()}, follow=True)
    told = answer.content.decode()
    assert words in told
    assert ear.heard == []


def test_what_is_away_hears_nothing_and_the_page_says_so(olga: User, pair: Pairing, ear: Ear) -> None:
    node = pair("tiny")
    nodes.disconnected(node.pk, "one")
    assert "away and hears nothing" in order(signed_in(olga), "drain", node)
    assert ear.heard == []


def test_pausing_holds_on_the_site_and_is_told_to_the_client(olga: User, pair: Pairing, ear: Ear) -> None:
    node, client = pair("tiny"), signed_in(olga)
    order(client, "pause", node)
    node.refresh_from_db()
    assert node.paused
    order(client, "resume", node)
    node.refresh_from_db()
    assert not node.paused
    assert [one.order.do for one in ear.heard] == ["pause", "resume"]


def test_rotating_and_revoking_from_the_page(olga: User, pair: Pairing) -> None:
    node, client = pair("tiny"), signed_in(olga)
    page = client.post(reverse(ORDER), {"order": f"rotate {node.pk}"}).content.decode()
    assert re.search(r"ML1(-[0-9A-Z]{5}){16}", page)
    assert PairingCode.objects.get().node_id == node.pk
    assert "revoked" in order(client, "revoke", node)
    node.refresh_from_db()
    assert node.revoked is not None
    assert "revoked" in order(client, "resume", node)
    assert "revoked" in order(client, "rotate", node)
    assert PairingCode.objects.count() == 1


def test_an_order_for_a_client_that_does_not_exist_is_not_found(olga: User) -> None:
    assert signed_in(olga).post(reverse(ORDER), {"order": f"drain {uuid4()}"}).status_code == 404


def test_operators_find_the_page_and_members_do_not(olga: User, alice: User) -> None:
    address = reverse(PAGE)
    client = signed_in(olga)
    for name in ("dashboard", "admin:index", "admin:chat_node_changelist"):
        assert f'href="{address}"' in client.get(reverse(name)).content.decode(), name
    assert address not in signed_in(alice).get(reverse("dashboard")).content.decode()


def settings_of(node: Node, **changed: object) -> dict[str, object]:
    form = {"name": node.name, "owner": node.owner_id, "weight": 10, "notes": ""} | changed
    return form | {f"models-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}


def test_olga_sets_share_hours_and_limits(olga: User, pair: Pairing) -> None:
    node = pair("tiny")
    address = reverse("admin:chat_node_change", args=[node.pk])
    client = signed_in(olga)
    assert client.get(address).status_code == 200
    Node.objects.filter(pk=node.pk).update(session="a newer link")
    changed = settings_of(
        node, weight=30, max_slots=2, quiet_from="22:00", quiet_until="07:00", own_only="on", notes="loud"
    )
    assert client.post(address, changed).status_code == 302
    node.refresh_from_db()
    assert (node.weight, node.max_slots, node.own_only, node.notes) == (30, 2, True, "loud")
    assert node.quiet_from == datetime.time(22)
    assert node.session == "a newer link", "the form must not write back what the client wrote meanwhile"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"quiet_from": "22:00"}, "Give both times"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "same time twice"),
        ({"max_slots": 0}, "At least 1"),
        ({"max_slots": -1}, "greater than or equal to 0"),
        ({"own_only": "on", "owner": ""}, "no owner"),
        ({"weight": "heavy"}, "whole number"),
    ],
)
def test_settings_that_make_no_sense_are_refused_beside_the_field(
    changed: dict[str, object], words: str, olga: User, pair: Pairing
) -> None:
    node = pair("tiny")
    answer = signed_in(olga).post(reverse("admin:chat_node_change", args=[node.pk]), settings_of(node, **changed))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    node.refresh_from_db()
    assert (node.max_slots, node.quiet_from, node.own_only) == (None, None, False)
