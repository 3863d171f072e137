"""Olga changes settings while the site runs, sees who changed what, and takes it back. Charlie may not."""

from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.control import live, setting_actions, state
from meatlizard.control.models import SettingChange
from meatlizard.errors import AppError, Forbidden, Invalid, NotFound
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops import switches
from meatlizard.ops.models import Switches
from tests.people import person
from tests.services.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "admin:control_settingchange_changelist"


@pytest.mark.both_databases
def test_a_change_holds_at_once_and_is_taken_back(olga: User) -> None:
    assert settings.QUEUE_MAX_WAITING == 50
    first = setting_actions.change(olga, "QUEUE_MAX_WAITING", "7")
    assert settings.QUEUE_MAX_WAITING == 7
    second = setting_actions.change(olga, "QUEUE_MAX_WAITING", "9")
    with pytest.raises(Invalid, match="changed again since"):
        setting_actions.undo(olga, first.pk)
    back = setting_actions.undo(olga, second.pk)
    assert settings.QUEUE_MAX_WAITING == 7
    setting_actions.change(olga, "QUEUE_MAX_WAITING", None)
    assert settings.QUEUE_MAX_WAITING == 50, "as the environment says"
    history = SettingChange.objects.order_by("pk").values_list("before", "after", "by", "undoes")
    assert list(history) == [
        (None, 7, olga.pk, None), (7, 9, olga.pk, None), (9, 7, olga.pk, second.pk), (7, None, olga.pk, None),
    ]  # fmt: skip
    assert back.before == 9
    entries = AuditEntry.objects.filter(action="setting").order_by("pk").values_list("target", "before", "after")
    assert entries[0] == ("QUEUE_MAX_WAITING", None, 7)
    assert len(entries) == 4


def test_another_process_follows_and_comes_back(olga: User) -> None:
    setting_actions.change(olga, "REGISTRATION", "closed")
    state.hold(state.State())
    live.apply({})
    switches.forget()
    assert settings.REGISTRATION == "open"
    switches.refresh()
    assert settings.REGISTRATION == "closed"


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("QUEUE_MAX_WAITING", "0", Invalid),
        ("QUEUE_MAX_WAITING", "1e3", Invalid),
        ("QUEUE_MAX_WAITING", "-1", Invalid),
        ("QUEUE_MAX_WAITING", "９", Invalid),
        ("QUEUE_MAX_WAITING", "9" * 100, Invalid),
        ("SUMMARY_AT", "101", Invalid),
        ("REGISTRATION", "everybody", Invalid),
        ("TOKEN_BUDGETS", "maybe", Invalid),
        ("SECRET_KEY", "x", NotFound),
        ("DEBUG", "true", NotFound),
    ],
)
def test_what_a_setting_cannot_be_is_refused(olga: User, name: str, text: str, error: type[AppError]) -> None:
    with pytest.raises(error):
        setting_actions.change(olga, name, text)
    assert not SettingChange.objects.exists()


def test_what_is_so_already_is_no_change(olga: User) -> None:
    setting_actions.change(olga, "TOKEN_BUDGETS", "false")
    with pytest.raises(Invalid, match="so already"):
        setting_actions.change(olga, "TOKEN_BUDGETS", "False")
    with pytest.raises(Invalid, match="so already"):
        setting_actions.change(olga, "SUMMARY_AT", None)


@pytest.mark.both_databases
def test_of_two_operators_at_once_the_second_hears_of_the_first(olga: User) -> None:
    def change(text: str) -> str:
        try:
            setting_actions.change(olga, "QUEUE_MAX_WAITING", text, seen=0)
        except Invalid as refused:
            return refused.code
        return "done"

    told = at_once([partial(change, str(number)) for number in (3, 4, 5, 6)])
    assert sorted(told) == ["changed_meanwhile"] * 3 + ["done"]
    assert SettingChange.objects.count() == 1


def test_a_stored_value_that_a_later_release_refuses_is_left_alone() -> None:
    live.apply({"QUEUE_MAX_WAITING": -4, "REGISTRATION": ["open"], "GONE": 3, "SUMMARY_AT": 60})
    assert (settings.QUEUE_MAX_WAITING, settings.REGISTRATION, settings.SUMMARY_AT) == (50, "open", 60)
    live.apply({})
    assert settings.SUMMARY_AT == 70


@pytest.mark.parametrize("name", live.LIVE)
def test_each_is_a_setting_whose_own_value_fits(name: str) -> None:
    setting = live.LIVE[name]
    assert setting.fits(getattr(settings, name))
    assert str(setting.about)


def test_the_page_changes_resets_and_undoes(client: Client, olga: User) -> None:
    client.force_login(olga)
    page = reverse(PAGE)

    def sent(**form: Any) -> str:
        return client.post(page, form, follow=True).content.decode()

    assert "In force everywhere" in sent(name="REGISTRATION", value="invite", seen="0")
    assert settings.REGISTRATION == "invite"
    assert "changed this setting meanwhile" in sent(name="REGISTRATION", value="closed", seen="0")
    change = SettingChange.objects.get()
    assert "In force everywhere" in sent(undo=str(change.pk))
    assert settings.REGISTRATION == "open"
    shown = sent(name="REGISTRATION", value="<script>", seen=str(SettingChange.objects.latest("pk").pk))
    assert "one of: open, invite, closed" in shown and "<script>alert" not in shown
    assert "olga" in shown


def test_only_operators_see_and_change(client: Client, alice: User) -> None:
    for who in (alice, person("sam", is_staff=True)):
        client.force_login(who)
        assert client.get(reverse(PAGE)).status_code in (302, 403)
        assert client.post(reverse(PAGE), {"name": "REGISTRATION", "value": "closed"}).status_code in (302, 403)
        with pytest.raises(Forbidden):
            setting_actions.change(who, "REGISTRATION", "closed")
    assert Client().get(reverse(PAGE)).status_code == 302
    assert not SettingChange.objects.exists()


def test_who_cannot_read_the_change_now_reads_it_at_the_next_look(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    switches.refresh()
    SettingChange.objects.create(name="SUMMARY_AT", after=55, at=timezone.now())
    Switches.objects.update_or_create(pk=1, defaults={"version": 40})
    with monkeypatch.context() as broken:
        broken.setattr(state, "_read", Mock(side_effect=OperationalError))
        with pytest.raises(OperationalError):
            switches.refresh()
    assert settings.SUMMARY_AT == 70
    switches.refresh()
    assert settings.SUMMARY_AT == 55
