"""Who a person on Discord is on this site."""

import datetime
from functools import partial

import pytest
from django.utils import timezone

from discordbridge.actions import accounts
from discordbridge.models import DiscordAccount
from meatlizard.accounts.models import Tier, User
from meatlizard.errors import Forbidden
from tests.people import person
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ANNE = 80_351_110_224_678_912


def test_a_newcomer_gets_an_account_that_nobody_can_sign_in_to(olga: User) -> None:
    row = accounts.known(ANNE, "Anne")
    assert row.shadow
    assert row.user.tier == Tier.objects.standard()
    assert not row.user.has_usable_password()
    assert not row.user.is_staff
    again = accounts.known(ANNE, "Anne the Great")
    assert again.user == row.user
    assert DiscordAccount.objects.get().name == "Anne the Great"


def test_nobody_comes_before_the_first_administrator() -> None:
    with pytest.raises(Forbidden):
        accounts.known(ANNE, "Anne")
    assert not User.objects.exists()


def test_a_name_that_somebody_on_the_web_has_taken_is_no_obstacle(olga: User) -> None:
    squatter = person(f"discord-{ANNE}")
    assert accounts.known(ANNE, "Anne").user != squatter


def test_two_messages_at_once_make_one_account(olga: User) -> None:
    rows = at_once([partial(accounts.known, ANNE, "Anne")] * 4)
    assert {row.user_id for row in rows} == {DiscordAccount.objects.get().user_id}
    assert User.objects.count() == 2


def test_a_suspended_person_is_told_so_and_free_again_later(olga: User) -> None:
    user = accounts.known(ANNE, "Anne").user
    User.objects.filter(pk=user.pk).update(suspended_until=timezone.now() + datetime.timedelta(hours=1))
    with pytest.raises(Forbidden, match="suspended"):
        accounts.known(ANNE, "Anne")
    User.objects.filter(pk=user.pk).update(suspended_until=timezone.now() - datetime.timedelta(hours=1))
    assert accounts.known(ANNE, "Anne").user == user


def test_an_account_that_was_switched_off_stays_so(olga: User) -> None:
    user = accounts.known(ANNE, "Anne").user
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(Forbidden, match="switched off"):
        accounts.known(ANNE, "Anne")
