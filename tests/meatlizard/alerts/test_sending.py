"""How alerts reach people: forms of messages, failures, secrets, and what stands in the site's own network."""

import datetime
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.alerts import actions, addresses, messages, sending
from meatlizard.alerts.models import Alert, Channel, Delivery
from meatlizard.errors import Forbidden, Invalid
from meatlizard.security import sealed
from tests.meatlizard.alerts.conftest import Listener

HOSTILE = '@everyone <b>"x"</b>\nTitle: forged'
DISCORD = "https://discord.com/api/webhooks/123/abc-DEF_9"


def channel(kind: str, address: str, secret: str = "") -> Channel:
    keep = sealed.seal(secret, addresses.PURPOSE) if secret else ""
    return Channel.objects.create(name="Us", kind=kind, address=sealed.seal(address, addresses.PURPOSE), secret=keep)


def delivery(to: Channel, event: str = "fired", title: str = "The disk is filling up") -> Delivery:
    now = timezone.now()
    alert = Alert.objects.create(
        source=title, title=title[:120], words="91 per cent", severity=2, state="firing", began=now, fired=now
    )
    return Delivery.objects.create(alert=alert, channel=to, event=event, created=now, due=now)


@pytest.mark.django_db
def test_a_webhook_gets_json_that_it_can_check(listener: Listener) -> None:
    row = delivery(channel("webhook", f"http://{listener.host}/hook?a=b", "shared secret"))
    assert sending.send_due() == 1
    ((path, headers, body),) = listener.got
    said = json.loads(body)
    assert path == "/hook?a=b"
    assert (said["event"], said["severity"], said["alert"], said["words"]) == (
        "fired",
        "critical",
        row.alert_id,
        "91 per cent",
    )
    signed = hmac.new(b"shared secret", body, hashlib.sha256).hexdigest()
    assert headers[messages.SIGNATURE] == f"sha256={signed}"
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == ("sent", 1, "")
    assert sending.send_due() == 0


@pytest.mark.django_db
def test_ntfy_gets_its_topic_and_letters_of_every_kind(listener: Listener) -> None:
    delivery(channel("ntfy", f"http://{listener.host}/my-topic", "tk_1"), "over", "Größe 模型 " + HOSTILE)
    sending.send_due()
    ((path, headers, body),) = listener.got
    said = json.loads(body)
    assert (path, headers["Authorization"], said["topic"], said["priority"]) == ("/", "Bearer tk_1", "my-topic", 3)
    assert "Größe 模型" in said["title"]


@pytest.mark.django_db
def test_discord_pings_nobody_whatever_stands_in_it() -> None:
    row = delivery(channel("discord", DISCORD), title=HOSTILE)
    request = messages.request("discord", DISCORD, "", sending._message(row))
    said = json.loads(request.body or b"")
    assert said["allowed_mentions"] == {"parse": []}
    assert "content" not in said


@pytest.mark.django_db
def test_mail_forges_no_header(settings: Any) -> None:
    settings.HAS_MAIL = True
    row = delivery(channel("mail", "ops@example.org, night@example.org"), title=HOSTILE)
    sending.send(row)
    (letter,) = mail.outbox
    assert letter.to == ["ops@example.org", "night@example.org"]
    assert "\n" not in letter.subject
    assert reverse("admin:alerts_alert_change", args=[row.alert_id]) in letter.body


@pytest.mark.django_db
@pytest.mark.both_databases
def test_what_fails_is_tried_again_later_and_given_up_at_last(listener: Listener) -> None:
    listener.answers = [500]
    row = delivery(channel("webhook", f"http://{listener.host}/x"))
    now = row.due
    for attempt in range(sending.MOST_ATTEMPTS):
        assert sending.send_due(now) == 1
        assert sending.send_due(now) == 0
        row.refresh_from_db()
        assert row.attempts == attempt + 1
        now = row.due
    assert (row.state, len(listener.got)) == ("failed", sending.MOST_ATTEMPTS)
    assert "500" in row.error
    assert sending.send_due(now + datetime.timedelta(days=1)) == 0


@pytest.mark.django_db
def test_an_answer_without_a_word_is_an_answer(listener: Listener) -> None:
    listener.answers = [204]
    row = delivery(channel("webhook", f"http://{listener.host}/x"))
    sending.send_due()
    row.refresh_from_db()
    assert row.state == "sent"


@pytest.mark.django_db
def test_what_died_in_the_middle_is_tried_once_more(listener: Listener) -> None:
    row = delivery(channel("webhook", f"http://{listener.host}/x"))
    Delivery.objects.filter(pk=row.pk).update(due=row.due + sending.UNDER_WAY, attempts=1)
    assert sending.send_due(row.due) == 0
    assert sending.send_due(row.due + sending.UNDER_WAY) == 1


@pytest.mark.django_db
def test_one_that_cannot_be_made_keeps_no_other_from_being_sent(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = channel("webhook", f"http://{listener.host}/x")
    bad, good = delivery(to, title="bad"), delivery(to, title="good")
    really = messages.request

    def make(kind: str, address: str, secret: str, message: messages.Message) -> Any:
        if message.title.startswith("bad"):
            raise ZeroDivisionError
        return really(kind, address, secret, message)

    monkeypatch.setattr(messages, "request", make)
    assert sending.send_due() == 2
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.error, good.state) == ("waiting", "ZeroDivisionError", "sent")


@pytest.mark.django_db
def test_the_network_of_the_site_is_reached_only_where_its_owner_says_so(listener: Listener, settings: Any) -> None:
    settings.ALERT_HOSTS = ["127.0.0.1:1"]
    row = delivery(channel("webhook", f"http://{listener.host}/x"))
    sending.send_due()
    row.refresh_from_db()
    assert (row.state, listener.got) == ("waiting", [])
    assert listener.host not in row.error


@pytest.mark.django_db
def test_a_secret_of_another_key_is_said_to_be_lost(settings: Any) -> None:
    row = delivery(channel("webhook", "https://example.org/x"))
    settings.SECRET_KEY = "another key of the site, long enough"
    sending.send(row)
    row.refresh_from_db()
    assert "SECRET_KEY" in row.error


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("mail", "nobody"), ("mail", "a@example.org;b@example.org"), ("discord", "https://evil.example/api/webhooks/1/x"),
        ("discord", "https://discord.com.evil.example/api/webhooks/1/x"), ("ntfy", "https://ntfy.sh/"), ("ntfy", "https://ntfy.sh/a/b"),
        ("webhook", "ftp://example.org/"), ("webhook", "https://a:b@example.org/"), ("webhook", "javascript:alert(1)"), ("webhook", ""),
        ("webhook", "https://example.org/" + "x" * 1_000),
    ],
)  # fmt: skip
def test_addresses_that_a_kind_does_not_have_are_refused(kind: str, address: str) -> None:
    with pytest.raises(Invalid):
        addresses.checked(kind, address)


def form(**more: object) -> dict[str, object]:
    return {
        "name": "Us",
        "kind": "discord",
        "least": 1,
        "repeat": 0,
        "enabled": "on",
        "where": DISCORD,
        "key": "",
        **more,
    }


@pytest.mark.django_db
def test_operators_keep_channels_whose_secrets_nobody_reads_again(client: Client, olga: User, charlie: User) -> None:
    add = reverse("admin:alerts_channel_add")
    User.objects.filter(pk=charlie.pk).update(is_staff=True)
    client.force_login(charlie)
    assert client.post(add, form()).status_code == 403
    client.force_login(olga)
    assert client.post(add, form(where="https://example.org/")).status_code == 200
    assert client.post(add, form(key="top secret")).status_code == 302
    row = Channel.objects.get()
    assert sealed.opened(row.address, addresses.PURPOSE) == DISCORD
    assert DISCORD not in row.address
    page = reverse("admin:alerts_channel_change", args=[row.pk])
    assert "abc-DEF_9" not in client.get(page).content.decode()
    # Nothing written leaves what is there, and a new kind wants a new address.
    assert client.post(page, form(where="", name="Night")).status_code == 302
    assert client.post(page, form(where="", kind="webhook")).status_code == 200
    row.refresh_from_db()
    assert (row.name, sealed.opened(row.address, addresses.PURPOSE), row.kind) == ("Night", DISCORD, "discord")
    assert sealed.opened(row.secret, addresses.PURPOSE) == "top secret"
    client.post(page, form(where="", no_key="on"))
    row.refresh_from_db()
    assert row.secret == ""


@pytest.mark.django_db
def test_the_button_sends_a_test_and_says_what_came_of_it(
    client: Client, olga: User, charlie: User, listener: Listener
) -> None:
    row = channel("webhook", f"http://{listener.host}/x")
    address = reverse("admin:alerts_channel_test", args=[row.pk])
    assert client.post(address).status_code == 302
    client.force_login(charlie)
    assert client.post(address).status_code in (302, 403)
    assert listener.got == []
    with pytest.raises(Forbidden):
        actions.test(charlie, row)
    client.force_login(olga)
    assert client.get(address).status_code == 405
    assert b"was taken" in client.post(address, follow=True).content
    listener.answers = [403]
    assert b"was not taken" in client.post(address, follow=True).content
    # One try, and no more by itself.
    assert sending.send_due(timezone.now() + datetime.timedelta(days=1)) == 0
    assert len(listener.got) == 2


@pytest.mark.django_db
def test_rules_that_cannot_be_right_are_refused(client: Client, olga: User) -> None:
    data = {
        "name": "x",
        "figure": "errors",
        "split": "",
        "side": "above",
        "limit": 5,
        "clear": 3,
        "minutes": 5,
        "pending": 60,
        "severity": 1,
    }
    add = reverse("admin:alerts_rule_add")
    client.force_login(olga)
    for wrong in ({"clear": 9}, {"split": "client"}, {"figure": "nothing"}, {"minutes": 0}, {"limit": "x"}):
        assert client.post(add, data | wrong).status_code == 200, wrong
    assert client.post(add, data).status_code == 302
    assert client.post(add, data | {"side": "below", "limit": 3, "clear": 5, "name": "y"}).status_code == 302


@pytest.mark.django_db
def test_alerts_are_looked_at_and_acknowledged_from_their_list(client: Client, olga: User) -> None:
    row = delivery(channel("webhook", "https://example.org/x"), title=HOSTILE)
    client.force_login(olga)
    page = client.get(reverse("admin:alerts_alert_change", args=[row.alert_id])).content.decode()
    assert "<b>" not in page.replace("<b>Home", "")
    client.post(reverse("admin:alerts_alert_changelist"), {"action": "acknowledge", "_selected_action": [row.alert_id]})
    assert Alert.objects.get().acknowledged_by == olga
