"""What one test has committed no other test finds, and what it has broken is made again."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from meatlizard.accounts.models import User
from tests.services import emptying

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def tables() -> list[str]:
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def test_all_rows_go_but_those_that_are_made_of_the_models(alice: User, bob: User) -> None:
    alice.groups.create(name="Keepers")
    EmailAddress.objects.create(user=alice, email="a@example.org")
    kept = ContentType.objects.count(), Permission.objects.count()
    emptying.empty(connection, tables())
    assert not User.objects.exists()
    with connection.cursor() as cursor:
        for table in set(tables()) - emptying.KEPT:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            assert cursor.fetchone() == (0,), table
    assert (ContentType.objects.count(), Permission.objects.count()) == kept


@pytest.mark.parametrize("change", ["CREATE TABLE of_a_test (id integer)", "DELETE FROM auth_permission"])
def test_who_changes_more_than_rows_is_noticed(change: str) -> None:
    before = emptying._looked_at(connection)
    assert emptying._looked_at(connection) == before
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM auth_group_permissions")
        cursor.execute(change)
        assert emptying._looked_at(connection) != before
        cursor.execute("DROP TABLE IF EXISTS of_a_test")


def test_what_was_deleted_too_much_is_there_again() -> None:
    assert Permission.objects.filter(codename="change_user").exists()
