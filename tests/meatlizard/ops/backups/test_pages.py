"""The page of backups: for operators alone, tells what is there, has one made and watched."""

from typing import Any

import pytest
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.jobs.models import Job
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops.backups import finding, places, running
from tests.meatlizard.ops.backups.making import taken
from tests.meatlizard.ops.backups.test_asking import work

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, PROGRESS = "/admin/backups/", "/admin/backups/progress/"


@pytest.fixture
def operator(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


@pytest.mark.parametrize("address", [PAGE, PROGRESS])
def test_strangers_and_guests_are_kept_out(client: Client, charlie: User, address: str) -> None:
    assert client.get(address)["Location"].startswith("/accounts/login/")
    assert client.post(PAGE)["Location"].startswith("/accounts/login/")
    client.force_login(charlie)
    assert client.get(address).status_code == 403
    assert client.post(PAGE).status_code == 403
    assert not Job.objects.exists()


def test_one_is_made_watched_and_verified(operator: Client, olga: User) -> None:
    page = operator.get(PAGE).content.decode()
    assert "There is none yet." in page and "Back up now" in page and "BACKUP_RECIPIENTS names nobody" in page
    assert operator.post(PAGE).status_code == 302
    page = operator.get(PAGE).content.decode()
    assert "data-progress" in page and "Back up now" not in page
    assert operator.get(PROGRESS).json() == {"runs": True, "doing": "", "percent": None}
    running.Telling("verifying")(1, 4)
    assert "already" in operator.post(PAGE, follow=True).content.decode()
    work()
    assert operator.get(PROGRESS).json() == {"runs": False, "doing": "", "percent": None}
    (name,) = finding.ended(places.usual())
    page = operator.get(PAGE).content.decode()
    assert f"{name} was made in" in page and "restored on trial" in page
    operator.post(PAGE, {"verify": name})
    work()
    assert f"{name} was verified." in operator.get(PAGE).content.decode()
    assert sorted(AuditEntry.objects.values_list("action", "target", "actor")) == [
        ("backup", "site", olga.pk), ("backup verified", name, olga.pk),
    ]  # fmt: skip


def test_what_failed_is_told(operator: Client, settings: Any) -> None:
    made = taken()
    for name in ("20260101-000000-000001", "../../etc", made.id + "x"):
        assert "does not exist" in operator.post(PAGE, {"verify": name}, follow=True).content.decode()
    settings.BACKUP_RECIPIENTS = ["age1<b>"]
    operator.post(PAGE)
    work()
    page = operator.get(PAGE).content.decode()
    assert "The last one was not made. Recipient 1" in page and "<b>" not in page
    settings.BACKUP_TO = "s3:nonsense"
    page = operator.get(PAGE).content.decode()
    assert "A bucket is given as" in page and "Look at BACKUP_TO" in page


def test_progress_is_told_in_hundredths() -> None:
    telling = running.Telling("making")
    telling._told = 0
    telling(1, 4)
    state = running.state()
    assert state is not None and (state.doing, state.percent) == ("making", 25)
    running.over()
    assert running.state() is None
