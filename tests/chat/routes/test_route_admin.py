"""What Olga does with routes in the admin, and that members cannot."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from chat.knowledge import actions as knowledge
from chat.models import Route, RouteExample, Routing
from chat.routes import actions, shipped, table
from chat.routes.table import Table
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from tests.people import person

pytestmark = [pytest.mark.django_db(transaction=True)]

FORM = {
    "key": "lizards", "name": "Lizards", "enabled": "on", "position": "5", "aliases": "deep\n\n quick \ndeep", "thinking": "low",
    "patterns": r"\bgeckos?\b", "calls": "3", "tools": "", "examples-TOTAL_FORMS": "1", "examples-INITIAL_FORMS": "0",
    "examples-0-text": "Do  lizards\tsleep?", "shipped_examples": "on",
}  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def looker() -> User:
    user = person("lars", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_route"))
    user.user_permissions.add(Permission.objects.get(codename="view_routing"))
    return user


def test_the_routes_of_the_site_are_there_at_the_first_look_and_once(olga: User) -> None:
    client = signed_in(olga)
    assert client.get(reverse("admin:chat_route_changelist")).status_code == 200
    assert [row.key for row in Route.objects.all()] == [one.key for one in shipped.ROUTES]
    actions.delete(Route.objects.filter(key="research"))
    Route.objects.filter(key="math").update(name="Sums")
    client.get(reverse("admin:chat_route_changelist"))
    assert not Route.objects.filter(key="research").exists(), "what was deleted does not come back"
    assert Route.objects.get(key="math").name == "Sums"


@pytest.mark.both_databases
def test_olga_switches_routing_on_and_off(olga: User) -> None:
    client = signed_in(olga)
    address = reverse("admin:chat_routing_change", args=[1])
    assert client.get(reverse("admin:chat_routing_changelist")).headers["Location"] == address
    assert not table.watched.current().on
    form = {"similarity": "on", "judge": " quick ", "remember": "own", "remember_hours": "12"}
    client.post(address, {**form, "enabled": "on"})
    known = table.watched.current()
    assert (known.on, known.similarity, known.judge, known.remember, known.remember_hours) == (
        True, True, "quick", "own", 12,
    )  # fmt: skip
    assert table.watched.current().get("math") is not None
    client.post(address, {**form, "remember": "off"})
    known = table.watched.current()
    assert (known.on, known.routes, known.remember) == (False, (), "off")


def test_olga_adds_a_route_with_examples_and_it_counts_at_once(olga: User, routing: Table) -> None:
    client = signed_in(olga)
    assert client.post(reverse("admin:chat_route_add"), FORM).status_code == 302
    route = table.watched.current().get("lizards")
    assert route is not None
    assert (route.aliases, route.thinking, route.tools, route.calls) == (("deep", "quick"), "low", None, 3)
    assert route.examples == ("Do lizards sleep?",)
    assert table.watched.current().routes[0] == route, "by its position"
    row = Route.objects.get(key="lizards")
    example = RouteExample.objects.get()
    more = {
        "key": "other", "examples-INITIAL_FORMS": "1", "examples-0-id": example.pk, "examples-0-route": row.pk,
        "examples-0-DELETE": "on", "tools": "calculator\nweb_search", "name": "Reptiles",
    }  # fmt: skip
    assert client.post(reverse("admin:chat_route_change", args=[row.pk]), {**FORM, **more}).status_code == 302
    route = table.watched.current().get("lizards")
    assert route is not None, "its key stays"
    assert (route.name, route.examples, route.tools) == ("Reptiles", (), ("calculator", "web_search"))


def test_a_route_brings_collections_of_the_site_and_nobody_elses(olga: User, alice: User, routing: Table) -> None:
    house, own = knowledge.make(olga, "House rules", for_all=True), knowledge.make(alice, "Diary")
    client, add = signed_in(olga), reverse("admin:chat_route_add")
    page = client.get(add).content.decode()
    assert "House rules" in page
    assert "Diary" not in page
    assert client.post(add, {**FORM, "collections": [own.pk]}).status_code == 200, "refused"
    assert client.post(add, {**FORM, "collections": [house.pk]}).status_code == 302
    route = table.watched.current().get("lizards")
    assert route is not None
    assert route.collections == (house.pk,)
    row = Route.objects.get(key="lizards")
    assert (
        f'value="{house.pk}" selected' in client.get(reverse("admin:chat_route_change", args=[row.pk])).content.decode()
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [("patterns", "("), ("patterns", "x*"), ("aliases", "@site"), ("aliases", "two words"), ("temperature", "9"), ("key", "a b")],
)  # fmt: skip
def test_what_cannot_be_a_route_is_refused_in_words(olga: User, routing: Table, field: str, value: str) -> None:
    page = signed_in(olga).post(reverse("admin:chat_route_add"), {**FORM, field: value})
    assert page.status_code == 200
    assert "errornote" in page.content.decode()
    assert not Route.objects.filter(key="lizards").exists()


def test_routes_are_reordered_and_switched_off_in_the_list(olga: User, routing: Table) -> None:
    rows = list(Route.objects.all())
    form: dict[str, object] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
    for number, row in enumerate(rows):
        form |= {f"form-{number}-id": row.pk, f"form-{number}-position": 100 - number}
        if row.key != "math":
            form[f"form-{number}-enabled"] = "on"
    assert signed_in(olga).post(reverse("admin:chat_route_changelist"), form).status_code == 302
    keys = [route.key for route in table.watched.current().routes]
    assert keys == [row.key for row in reversed(rows) if row.key != "math"]


def test_deleting_holds_at_once(olga: User, routing: Table) -> None:
    row = Route.objects.get(key="math")
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    signed_in(olga).post(reverse("admin:chat_route_changelist"), chosen)
    assert table.watched.current().get("math") is None


def test_a_question_is_tried_and_nothing_stored(olga: User) -> None:
    client, address = signed_in(olga), reverse("admin:chat_route_try")
    client.get(reverse("admin:chat_route_changelist"))
    assert "tried" not in client.get(address).content.decode()
    page = client.post(address, {"text": "Solve x^2 - 5x + 6 = 0"}).content.decode()
    assert "Math" in page
    assert "it holds an equation" in page
    page = client.post(address, {"text": "<script>alert(1)</script>", "image": "1"}).content.decode()
    assert "An image is attached" in page
    assert "<script>alert" not in page
    assert not table.watched.current().on


def test_a_member_gets_nowhere_and_who_may_look_changes_nothing(alice: User, routing: Table) -> None:
    row = Route.objects.get(key="math")
    places = [
        reverse(f"admin:chat_route_{name}", args=args)
        for name, args in (("changelist", []), ("add", []), ("try", []), ("change", [row.pk]), ("delete", [row.pk]))
    ]
    places += [reverse("admin:chat_routing_changelist"), reverse("admin:chat_routing_change", args=[1])]
    member, lars = signed_in(alice), signed_in(looker())
    for place in places:
        assert member.get(place).status_code in (302, 403)
        assert member.post(place, FORM).status_code in (302, 403)
    assert lars.get(places[0]).status_code == 200
    assert lars.post(places[2], {"text": "2+2"}).status_code == 200
    for place in (places[1], places[3], places[4], places[6]):
        assert lars.post(place, {**FORM, "enabled": ""}).status_code == 403
    assert Routing.objects.get(pk=1).enabled
    assert Route.objects.filter(key="math", name="Math").exists()


@pytest.mark.both_databases
def test_there_is_a_bound_on_routes(routing: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_ROUTES", len(shipped.ROUTES))
    with pytest.raises(Invalid) as refused:
        actions.save(Route(key="more", name="More"))
    assert refused.value.code == "too_many"
    row = Route.objects.get(key="math")
    row.name = "Sums"
    actions.save(row)
    assert table.watched.current().get("math").name == "Sums"  # type: ignore[union-attr]


@pytest.mark.both_databases
def test_another_process_hears_of_a_change_when_it_looks(routing: Table) -> None:
    Routing.objects.filter(pk=1).update(version=table.watched.current().version + 1)
    Route.objects.filter(key="math").update(name="Sums")
    assert table.watched.current().get("math").name == "Math"  # type: ignore[union-attr]
    assert table.watched.refresh().get("math").name == "Sums"  # type: ignore[union-attr]
