"""Every page of moderation for whom it is meant, and nobody else; and every page of the site for who is suspended or warned."""

import json
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.access import session_valid
from meatlizard.accounts.models import User
from meatlizard.moderation import services
from meatlizard.moderation.actions import appeals, rule_sets, sanctions
from meatlizard.moderation.models import AuditEntry, Case, Policy, RuleSet, Sanction
from tests.meatlizard.moderation.cases import Shelf, case_of
from tests.meatlizard.moderation.conftest import Switching
from tests.people import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HTML = {"HTTP_ACCEPT": "text/html"}


def signed_in(user: User) -> Client:
    client = Client(headers={"accept": "text/html"})
    client.force_login(user)
    return client


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    shelf = Shelf(a="")
    monkeypatch.setitem(services._services, "shelf", shelf)
    return shelf


# --- a person's own pages ---------------------------------------------------------------------------------------------


def test_ones_own_cases_and_nobody_elses(alice: User, charlie: User) -> None:
    case = case_of(alice)
    page = reverse("moderation:case", args=[case.pk])
    assert b"No lizards." in signed_in(alice).get(page).content
    assert page in signed_in(alice).get(reverse("moderation:standing")).content.decode()
    for address in (page, reverse("moderation:case", args=[uuid4()])):
        assert signed_in(charlie).get(address).status_code == 404
        assert signed_in(charlie).post(address, {"text": "mine"}).status_code == 404
    assert page not in signed_in(charlie).get(reverse("moderation:standing")).content.decode()


@pytest.mark.parametrize("name", ["standing", "case", "read"])
def test_visitors_are_sent_to_sign_in(alice: User, name: str) -> None:
    address = reverse(f"moderation:{name}", args=[case_of(alice).pk] if name == "case" else [])
    answer = Client().post(address) if name == "read" else Client().get(address)
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_an_appeal_is_written_once_and_its_answer_read(alice: User, mona: User) -> None:
    case = case_of(alice)
    page, browser = reverse("moderation:case", args=[case.pk]), signed_in(alice)
    assert browser.post(page, {"text": " "}).status_code == 400
    assert browser.post(page, {"text": "It was <b>right</b>."}).status_code == 302
    assert browser.post(page, {"text": "Again."}).status_code == 400
    shown = browser.get(page).content.decode()
    assert "It was &lt;b&gt;right&lt;/b&gt;." in shown
    assert 'data-testid="appeal-form"' not in shown
    case.refresh_from_db()
    appeals.answer(mona, case.appeal, False, "Sorry, no.")
    assert "Sorry, no." in browser.get(page).content.decode()


def test_a_withheld_text_is_not_shown_to_its_person(alice: User) -> None:
    case = case_of(alice, kept="the whole forbidden answer", matched="forbidden")
    shown = signed_in(alice).get(reverse("moderation:case", args=[case.pk])).content.decode()
    assert "forbidden" not in shown


# --- who is suspended, who is warned ----------------------------------------------------------------------------------


def test_a_suspended_person_sees_why_and_until_when_and_nothing_else(alice: User, mona: User) -> None:
    browser = Client()
    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    key = UserSession.objects.get(user=alice).session_key
    sanctions.suspend(mona, alice, "Too many lizards", 3)
    assert not session_valid(alice.pk, key)
    assert not UserSession.objects.filter(user=alice).exists(), "signed out everywhere"
    assert "/accounts/login/" in browser.get("/dashboard/")["Location"]

    browser.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    for address in ("/dashboard/", "/chat/", "/chat/shares/", "/admin/", "/accounts/email/", "/accounts/2fa/"):
        answer = browser.get(address, **HTML)
        assert (answer.status_code, answer["Location"]) == (302, "/moderation/"), address
    for answer in (
        browser.post("/chat/new/", "{}", content_type="application/json"),
        browser.get("/chat/list/", HTTP_ACCEPT="application/json"),
        browser.post("/accounts/email/", {"action_add": "", "email": "x@example.org"}),
    ):
        assert answer.status_code == 403
    assert browser.get("/chat/list/", HTTP_ACCEPT="application/json").json()["error"]["code"] == "suspended"
    shown = browser.get("/moderation/").content.decode()
    assert "Too many lizards" in shown
    assert "It ends by itself on" in shown
    case = Sanction.objects.get().case
    assert browser.post(f"/moderation/{case.pk}/", {"text": "Please."}).status_code == 302
    assert browser.post("/accounts/logout/").status_code == 302


def test_an_open_session_that_nobody_listed_is_shut_out_too(alice: User, mona: User) -> None:
    browser = signed_in(alice)
    assert browser.get("/dashboard/").status_code == 200
    sanctions.suspend(mona, alice, "x", None)
    assert browser.get("/dashboard/")["Location"] == "/moderation/"
    sanctions.lift(mona, Sanction.objects.get())
    assert browser.get("/dashboard/").status_code == 200


def test_a_warning_comes_first_and_once(alice: User, mona: User) -> None:
    sanctions.warn(mona, alice, "Mind your words", case_of(alice))
    browser = signed_in(alice)
    assert browser.get("/dashboard/")["Location"] == "/moderation/"
    assert b"Mind your words" in browser.get("/moderation/").content
    assert browser.get("/chat/list/", HTTP_ACCEPT="application/json").status_code == 200, "a page's script goes on"
    assert browser.post("/moderation/read/").status_code == 302
    assert browser.get("/dashboard/").status_code == 200


# --- the pages of moderators ------------------------------------------------------------------------------------------

REVIEW = ["case", "appeal", "sanction", "auditentry"]
MANAGE = ["ruleset", "policy"]


def admin_pages(alice: User) -> dict[str, list[str]]:
    case = case_of(alice)
    row = RuleSet.objects.create(name="set")
    return {
        "review": [
            *(reverse(f"admin:moderation_{name}_changelist") for name in REVIEW),
            reverse("admin:moderation_case_change", args=[case.pk]),
            reverse("admin:moderation_sanction_add"),
        ],
        "manage": [
            *(reverse(f"admin:moderation_{name}_changelist") for name in MANAGE),
            reverse("admin:moderation_ruleset_change", args=[row.pk]),
            reverse("admin:moderation_export", args=[row.pk]),
            reverse("admin:moderation_ruleset_add"),
            reverse("admin:moderation_try"),
            reverse("admin:moderation_import"),
        ],
    }


def test_moderators_review_operators_manage_and_members_do_neither(
    alice: User, charlie: User, mona: User, olga: User
) -> None:
    pages = admin_pages(alice)
    staff = User.objects.create_user("steve", is_staff=True)
    for address in pages["review"]:
        assert signed_in(mona).get(address).status_code == 200, address
        assert signed_in(staff).get(address).status_code == 403, address
    for address in pages["manage"]:
        assert signed_in(mona).get(address).status_code == 403, address
    for address in pages["review"] + pages["manage"]:
        assert signed_in(olga).get(address).status_code == 200, address
        for browser in (Client(), signed_in(charlie), signed_in(alice)):
            answer = browser.get(address)
            assert answer.status_code in (302, 403), address
            assert answer.status_code == 403 or "login" in answer["Location"], address


def test_nobody_edits_or_deletes_the_audit(olga: User, alice: User) -> None:
    sanctions.suspend(olga, alice, "x", 1)
    entry = AuditEntry.objects.get()
    browser = signed_in(olga)
    change = reverse("admin:moderation_auditentry_change", args=[entry.pk])
    assert browser.get(change).status_code == 200
    assert browser.post(change, {"reason": "other"}).status_code == 403
    assert browser.get(reverse("admin:moderation_auditentry_delete", args=[entry.pk])).status_code == 403
    assert browser.get(reverse("admin:moderation_auditentry_add")).status_code == 403
    listing = reverse("admin:moderation_auditentry_changelist")
    browser.post(listing, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert AuditEntry.objects.count() == 1
    assert b"alice" in browser.get(listing, {"q": "alice"}).content
    User.objects.get(pk=alice.pk).delete()
    assert f"account {alice.pk} (deleted)" in browser.get(listing).content.decode()


def do(browser: Client, case: Case, verb: str, **more: str) -> str:
    address = reverse("admin:moderation_case_change", args=[case.pk])
    return browser.post(address, {"do": verb, **more}, follow=True).content.decode()


def test_a_case_is_worked_through_on_its_page(alice: User, mona: User, shelf: Shelf) -> None:
    case, browser = case_of(alice), signed_in(mona)
    assert "need" in do(browser, case, "warn") or "reason" in do(browser, case, "warn")
    do(browser, case, "warn", note="Mind your words")
    do(browser, case, "suspend", note="Again", days="2")
    alice.refresh_from_db()
    assert alice.is_suspended
    assert alice.warned
    suspension = Sanction.objects.get(kind="suspension")
    do(browser, case, f"lift {suspension.pk}")
    alice.refresh_from_db()
    assert not alice.is_suspended
    appeals.appeal(alice, case, "Please.")
    assert "Please." in browser.get(reverse("admin:moderation_case_change", args=[case.pk])).content.decode()
    do(browser, case, "grant", answer="Fine.")
    case.refresh_from_db()
    assert (case.state, shelf.texts["a"]) == ("dismissed", "a lizard")
    assert "Somebody else" in do(browser, case, "confirm")
    for nonsense in ("", "explode", "lift x", "lift 999999", "suspend"):
        assert (
            browser.post(reverse("admin:moderation_case_change", args=[case.pk]), {"do": nonsense}).status_code == 302
        )


def test_moderators_read_as_much_as_the_policy_allows_and_leave_a_trace(alice: User, mona: User, shelf: Shelf) -> None:
    case, browser = case_of(alice, kept="a lizard in my private garden"), signed_in(mona)
    page = browser.get(reverse("admin:moderation_case_change", args=[case.pk])).content.decode()
    assert "lizard" in page
    assert "private garden" not in page
    assert "private garden" not in do(browser, case, "read")
    Policy.objects.update_or_create(pk=1, defaults={"context": "message"})
    assert "private garden" not in browser.get(reverse("admin:moderation_case_change", args=[case.pk])).content.decode()
    shown = do(browser, case, "read")
    assert "private garden" in shown
    assert "what stood before" not in shown
    Policy.objects.update(context="around")
    assert "what stood before" in do(browser, case, "read")
    assert AuditEntry.objects.filter(action="read text", actor=mona.pk, person=alice.pk).count() == 2


def test_many_cases_are_decided_at_once(alice: User, mona: User, charlie: User, shelf: Shelf) -> None:
    rows = [case_of(alice) for _ in range(3)]
    listing = reverse("admin:moderation_case_changelist")
    chosen = {"action": "confirm", "_selected_action": [row.pk for row in rows[:2]]}
    assert signed_in(charlie).post(listing, chosen).status_code == 302
    assert not Case.objects.exclude(state="open").exists()
    signed_in(mona).post(listing, chosen)
    assert Case.objects.filter(state="confirmed").count() == 2
    page = signed_in(mona).get(listing).content.decode()
    assert str(rows[2].pk) in page
    assert str(rows[0].pk) not in page, "what is decided is out of the way"
    assert str(rows[0].pk) in signed_in(mona).get(listing, {"state": "all"}).content.decode()
    for query in ({"appeal": "open"}, {"state": "nonsense"}, {"q": "alice"}, {"origin": "rule"}):
        assert signed_in(mona).get(listing, query).status_code == 200


def test_hostile_text_is_shown_as_text(alice: User, mona: User, shelf: Shelf) -> None:
    bad = "<script>alert(1)</script>"
    case = case_of(alice, matched=bad, comment=bad, told=bad, rule_name=bad)
    appeals.appeal(alice, case, bad)
    for page in (
        signed_in(mona).get(reverse("admin:moderation_case_change", args=[case.pk])),
        signed_in(mona).get(reverse("admin:moderation_case_changelist")),
        signed_in(mona).get(reverse("admin:moderation_appeal_changelist")),
        signed_in(alice).get(reverse("moderation:case", args=[case.pk])),
    ):
        assert bad not in page.content.decode()


def test_an_account_is_suspended_without_a_case(alice: User, mona: User) -> None:
    browser, add = signed_in(mona), reverse("admin:moderation_sanction_add")
    assert browser.post(add, {"name": "nobody", "days": "3", "reason": "x"}).status_code == 400
    assert browser.post(add, {"name": "Alice", "days": "3", "reason": "spam"}).status_code == 302
    row = Sanction.objects.get()
    assert (row.person, row.reason) == (alice, "spam")
    listing = reverse("admin:moderation_sanction_changelist")
    browser.post(listing, {"action": "lift", "_selected_action": [row.pk]})
    alice.refresh_from_db()
    assert not alice.is_suspended


# --- rule sets --------------------------------------------------------------------------------------------------------


def form_of(**rule: str) -> dict[str, str]:
    prefix = "rules-0-"
    usual = {"name": "rule", "kind": "words", "action": "3", "order": "0", "fallback": "pass"}
    return {
        "name": "lizards", "scope": "both", "order": "0", "note": "", "enabled": "on",
        "rules-TOTAL_FORMS": "1", "rules-INITIAL_FORMS": "0",
        **{prefix + name: value for name, value in {**usual, **rule}.items()},
    }  # fmt: skip


def test_a_rule_set_is_written_and_a_bad_rule_is_refused_in_words(olga: User) -> None:
    browser, add = signed_in(olga), reverse("admin:moderation_ruleset_add")
    for bad in (
        {"kind": "pattern", "pattern": "(a"},
        {"words": "f*ck"},
        {"kind": "same"},
        {"kind": "classifier", "action": "2"},
    ):
        answer = browser.post(add, form_of(**bad))
        assert answer.status_code == 200
        assert b"errorlist" in answer.content
    assert not RuleSet.objects.exists()
    assert browser.post(add, form_of(words="lizard\ngecko")).status_code == 302
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.before) == ("add rules", olga.pk, None)
    assert entry.after is not None
    assert entry.after["rules"][0]["words"].split() == ["lizard", "gecko"]


def test_switching_and_deleting_are_written_down(olga: User, rule: Switching) -> None:
    row = rule("block", words="lizard", on=False)
    browser, listing = signed_in(olga), reverse("admin:moderation_ruleset_changelist")
    for verb, on in (("switch_on", True), ("switch_off", False), ("switch_off", False)):
        browser.post(listing, {"action": verb, "_selected_action": [row.pk]})
        row.refresh_from_db()
        assert row.enabled is on
    browser.post(reverse("admin:moderation_ruleset_delete", args=[row.pk]), {"post": "yes"})
    assert not RuleSet.objects.exists()
    said = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert said == ["switch on", "switch off", "delete rules"]


def test_a_set_travels_as_json(olga: User, rule: Switching) -> None:
    row = rule("mask", words="lizard\nstraße", lookalikes=True, set_name="Échsen", scope="out", services=["chat"])
    browser = signed_in(olga)
    file = browser.get(reverse("admin:moderation_export", args=[row.pk])).content
    upload = SimpleUploadedFile("set.json", file)
    assert browser.post(reverse("admin:moderation_import"), {"file": upload}).status_code == 302
    made = RuleSet.objects.exclude(pk=row.pk).get()
    assert not made.enabled, "whether to switch it on is for who has read it"
    assert {**json.loads(file), "name": ""} == {**json.loads(rule_sets.export(made)), "name": ""}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"format": "meatlizard-rule-set", "version": 2}',
        json.dumps({"format": "meatlizard-rule-set", "version": 1, "name": "x", "rules": []}).encode(),
        json.dumps({"format": "meatlizard-rule-set", "version": 1, "name": "x", "extra": 1, "rules": [{}]}).encode(),
        json.dumps({"format": "meatlizard-rule-set", "version": 1, "name": "x", "rules": [
            {"name": "good", "kind": "words", "action": "flag", "words": "x"},
            {"name": "bad", "kind": "pattern", "action": "block", "pattern": "("}]}).encode(),
        json.dumps({"format": "meatlizard-rule-set", "version": 1, "name": "x", "rules": [
            {"name": "bad", "kind": "words", "action": "destroy", "words": "x"}]}).encode(),
        b" " * (2 * 2**20 + 1),
    ],
)  # fmt: skip
def test_a_malformed_file_is_refused_whole(olga: User, data: bytes) -> None:
    answer = signed_in(olga).post(reverse("admin:moderation_import"), {"file": SimpleUploadedFile("x.json", data)})
    assert answer.status_code == 400
    assert not RuleSet.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_policy_is_one_row_and_its_change_written_down(olga: User) -> None:
    browser = signed_in(olga)
    browser.get(reverse("admin:moderation_policy_changelist"))
    data = {"context": "message", "hold_answers": "on", "case_days": "5", "audit_days": "6"}
    assert browser.post(reverse("admin:moderation_policy_change", args=[1]), data).status_code == 302
    row = Policy.objects.get()
    assert (row.context, row.hold_answers, row.reports, row.case_days, row.audit_days) == ("message", True, False, 5, 6)
    entry = AuditEntry.objects.get()
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["context"], entry.after["context"]) == ("matched", "message")


def test_a_text_is_tried_and_nothing_remembers_it(olga: User, alice: User, rule: Switching) -> None:
    rule("mask", words="lizard", name="masks")
    rule("block", pattern="gecko", name="blocks", on=False)
    rule("block", kind="same", limit=2, minutes=5, name="counts")
    browser, page = signed_in(olga), reverse("admin:moderation_try")
    data = {"text": "lizard & gecko", "direction": "in", "service": "paste"}
    tried = browser.post(page, data).context["tried"]
    assert [(row.name, row.state) for row in tried.rows] == [
        ("set 1: masks", "matched"),
        ("set 3: counts", "not tried"),
    ]
    assert tried.masked == "██████ & gecko"
    tried = browser.post(page, {**data, "everything": "on"}).context["tried"]
    assert tried.action.name == "BLOCK"
    assert tried.named == "set 2: blocks"
    assert all(row.milliseconds >= 0 for row in tried.rows)
    assert not Case.objects.exists()
