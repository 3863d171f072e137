"""Operators see what lies here and how much; neither names nor contents."""

import pytest
from django.test import Client
from django.urls import reverse

from files import actions, quota
from files.models import Blob, File, Folder, Reservation
from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from tests.files.contents import adopted

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


def test_pages_have_facts_and_no_names(operator: Client, alice: User) -> None:
    folder = Folder.objects.create(owner=alice, name="Secret garden")
    file = actions.store(alice, folder, "love letter.txt", adopted(b"My dear lizard"))
    for model, key in (("file", file.pk), ("blob", file.blob_id)):
        listing = operator.get(reverse(f"admin:files_{model}_changelist"), {"q": file.blob_id})
        page = operator.get(reverse(f"admin:files_{model}_change", args=[key]))
        for answer in (listing, page):
            text = answer.content.decode()
            assert answer.status_code == 200 and "text/plain" in text and "14" in text
            assert not any(word in text for word in ("garden", "letter", "dear"))
    assert operator.post(reverse("admin:files_file_delete", args=[file.pk]), {"post": "yes"}).status_code == 403
    assert operator.post(reverse("admin:files_blob_delete", args=[file.blob_id]), {"post": "yes"}).status_code == 403
    assert File.objects.exists() and Blob.objects.exists()


def test_to_delete_a_reservation_gives_its_room_back(operator: Client, alice: User) -> None:
    one, other = quota.reserve(alice, 5), quota.reserve(alice, 7)
    operator.post(reverse("admin:files_reservation_delete", args=[one.pk]), {"post": "yes"})
    assert used_by(alice) == 7
    chosen = {"action": "delete_selected", "_selected_action": [str(other.pk)], "post": "yes"}
    operator.post(reverse("admin:files_reservation_changelist"), chosen)
    assert used_by(alice) == 0 and not Reservation.objects.exists()


def test_members_see_none_of_it(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("admin:files_blob_changelist")).status_code == 302
