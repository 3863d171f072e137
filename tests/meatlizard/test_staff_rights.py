"""A permission to change accounts is none to become an operator: neither by one's own account nor by somebody else's."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.models import User
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(client: Client, db: None) -> User:
    """Signed in, staff, and may do with accounts whatever permissions give."""
    sam = person("sam", is_staff=True)
    sam.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts", content_type__model="user"))
    client.force_login(sam)
    return sam


def form(who: User, **more: Any) -> dict[str, Any]:
    joined = {"date_joined_0": f"{who.date_joined:%Y-%m-%d}", "date_joined_1": f"{who.date_joined:%H:%M:%S}"}
    inline = {"emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0"}
    return {"username": who.username, "tier": who.tier_id, "is_active": "on", **joined, **inline, **more}


def test_rights_are_given_by_superusers_alone(client: Client, sam: User, alice: User, olga: User) -> None:
    page = reverse("admin:accounts_user_change", args=[alice.pk])
    operate = Permission.objects.get(codename="operate").pk
    group = Group.objects.get_or_create(name="Moderators")[0].pk
    rights = {"is_staff": "on", "is_superuser": "on", "user_permissions": [operate], "groups": [group]}
    assert client.post(page, form(alice, first_name="Alicia", **rights)).status_code == 302
    alice.refresh_from_db()
    assert alice.first_name == "Alicia"
    assert not (alice.is_staff or alice.is_superuser)
    assert not (alice.user_permissions.exists() or alice.groups.exists())
    client.force_login(olga)
    assert client.post(page, form(alice, **rights)).status_code == 302
    alice.refresh_from_db()
    assert alice.is_staff and alice.is_superuser and alice.user_permissions.exists() and alice.groups.exists()


def test_accounts_that_run_the_site_are_out_of_reach(client: Client, sam: User, alice: User, olga: User) -> None:
    moderator = person("mo")
    moderator.groups.add(Group.objects.get_or_create(name="Moderators")[0])
    word = {"password1": "an owl and a newt", "password2": "an owl and a newt", "usable_password": "true"}
    for who in (olga, sam, moderator):
        page = reverse("admin:accounts_user_change", args=[who.pk])
        assert client.get(page).status_code == 200
        assert client.post(page, form(who, username="mine")).status_code == 403, who
        assert client.post(reverse("admin:auth_user_password_change", args=[who.pk]), word).status_code == 403, who
        gone = client.post(reverse("admin:accounts_user_delete", args=[who.pk]), {"post": "yes"})
        assert gone.status_code == 403, who
        assert User.objects.get(pk=who.pk).password == who.password
    changed = client.post(reverse("admin:auth_user_password_change", args=[alice.pk]), word)
    assert changed.status_code == 302, "members' accounts are what the permission is for"


def test_nor_are_they_among_many(client: Client, sam: User, alice: User, olga: User) -> None:
    moderator = person("mo")
    moderator.groups.add(Group.objects.get_or_create(name="Moderators")[0])
    listing = reverse("admin:accounts_user_changelist")
    chosen = [alice.pk, olga.pk, moderator.pk]
    client.post(listing, {"action": "deactivate", "_selected_action": chosen})
    assert list(User.objects.filter(is_active=False)) == [alice]
    User.objects.filter(pk__in=chosen).update(is_active=False)
    client.post(listing, {"action": "activate", "_selected_action": chosen})
    assert set(User.objects.filter(is_active=False)) == {olga, moderator}
    client.post(listing, {"action": "delete_selected", "_selected_action": [olga.pk], "post": "yes"})
    assert User.objects.filter(pk=olga.pk).exists()


def test_an_address_is_no_way_in_either(client: Client, sam: User, alice: User, olga: User) -> None:
    """Whoever has an account's address has its next password; whoever takes its second factor is nearer to it."""
    more = Permission.objects.filter(content_type__app_label__in=("account", "mfa", "usersessions"))
    sam.user_permissions.add(*more)
    hers, mine = (EmailAddress.objects.create(user=who, email=who.email) for who in (alice, olga))
    factor = Authenticator.objects.create(user=olga, type=Authenticator.Type.RECOVERY_CODES, data={})

    def change(row: EmailAddress, user: User) -> int:
        sent = {"user": user.pk, "email": "sam@example.org", "verified": "on", "primary": "on"}
        return client.post(reverse("admin:account_emailaddress_change", args=[row.pk]), sent).status_code

    new = {"user": olga.pk, "email": "sam2@example.org", "verified": "on"}
    assert client.post(reverse("admin:account_emailaddress_add"), new).status_code == 403
    assert change(mine, olga) == 403
    assert change(hers, olga) == 302
    hers.refresh_from_db()
    assert (hers.user, hers.email) == (alice, "sam@example.org"), "it stays the member's"
    listing = reverse("admin:account_emailaddress_changelist")
    client.post(listing, {"action": "make_verified", "_selected_action": [mine.pk]})
    mine.refresh_from_db()
    assert (mine.email, mine.verified) == (olga.email, False)
    client.post(listing, {"action": "delete_selected", "_selected_action": [mine.pk], "post": "yes"})
    assert client.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"}).status_code == 403
    assert EmailAddress.objects.filter(pk=mine.pk).exists() and Authenticator.objects.filter(pk=factor.pk).exists()
    client.force_login(olga)
    client.post(listing, {"action": "make_verified", "_selected_action": [mine.pk]})
    mine.refresh_from_db()
    assert mine.verified and change(hers, alice) == 302
