"""Many at once: nobody gets over their share, every count is exact, and no content goes that somebody keeps."""

import datetime
import hashlib
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files import actions, quota
from files.blobs import incoming, places, reading, references, sweeping
from files.blobs.trouble import Gone
from files.models import Blob, File, Reservation, Version
from files.verifying import Report, contents, orphans
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound, StorageFull
from meatlizard.storage import actions as storage
from tests.files.contents import adopted, past_grace
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

CONTENTS = [b"wall", b"stone!", b"sun"]


def limited(user: User, size: int) -> None:
    user.tier.storage_bytes = size
    user.tier.save()


def allowed(call: Callable[[], Any]) -> bool:
    try:
        call()
    except StorageFull:
        return False
    return True


def delete(file: File) -> None:
    """For good, as the library does it."""
    with transaction.atomic():
        if not File.objects.select_for_update(of=("self",)).filter(pk=file.pk).first():
            return
        versions = list(Version.objects.filter(file=file.pk).values_list("blob", "size"))
        Version.objects.filter(file=file.pk).delete()
        File.objects.filter(pk=file.pk).delete()
        references.release_all(blob for blob, _size in versions)
        storage.give_back(file.owner_id, sum(size for _blob, size in versions))


def test_of_twelve_files_at_once_as_many_land_as_there_is_room_for(alice: User) -> None:
    limited(alice, 20)
    blob = adopted(b"wall")
    landed = at_once([partial(allowed, partial(actions.store, alice, None, "a.txt", blob)) for _ in range(12)])
    assert sum(landed) == 5 == File.objects.count() == Blob.objects.get().references
    assert storage.used_by(alice) == 20
    names = sorted(File.objects.values_list("name", flat=True))
    assert names == ["a (2).txt", "a (3).txt", "a (4).txt", "a (5).txt", "a.txt"]


def test_reservations_and_files_share_one_room(alice: User) -> None:
    limited(alice, 20)
    blob = adopted(b"wall")
    calls = [partial(quota.reserve, alice, 4), partial(actions.store, alice, None, "a.txt", blob)] * 5
    assert sum(at_once([partial(allowed, call) for call in calls])) == 5
    assert storage.used_by(alice) == 20
    at_once([partial(quota.cancel, row.pk) for row in Reservation.objects.all() for _ in range(2)])
    assert storage.used_by(alice) == 4 * File.objects.count()


def test_the_same_content_from_many_is_one_blob(alice: User, settings: Any) -> None:
    blobs = at_once([partial(adopted, b"wall" * 10_000)] * 6)
    assert len({blob.pk for blob in blobs}) == Blob.objects.count() == 1
    assert len([path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]) == 1
    assert not list(incoming.folder().iterdir())


def test_new_versions_at_the_same_moment_each_get_a_number(alice: User) -> None:
    file = actions.store(alice, None, "a.txt", adopted(b"wall"))
    blob = adopted(b"stone")
    at_once([partial(actions.store, alice, None, "a.txt", blob, replacing=file)] * 5)
    assert sorted(Version.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    file.refresh_from_db()
    assert (file.number, Blob.objects.get(pk=blob.pk).references) == (6, 5)


class Person:
    """Does one thing after the other, as a seed says, and remembers what was acknowledged."""

    def __init__(self, owner: User, seed: int) -> None:
        self.owner, self.chance, self.kept = owner, random.Random(seed), dict[Any, bytes]()

    def act(self) -> None:
        for _turn in range(4):
            self.chance.choice([self.store, self.store, self.version, self.remove, self.upkeep, self.set_aside])()

    def store(self) -> None:
        content = self.chance.choice(CONTENTS)
        try:
            file = actions.store(self.owner, None, "a.txt", adopted(content))
        except (StorageFull, Gone):
            return
        self.kept[file.pk] = content

    def version(self) -> None:
        if self.kept:
            key = self.chance.choice(list(self.kept))
            content = self.chance.choice(CONTENTS)
            try:
                actions.store(self.owner, None, "", adopted(content), replacing=File.objects.get(pk=key))
            except (StorageFull, Gone, NotFound):
                return
            self.kept[key] = content

    def remove(self) -> None:
        if self.kept:
            key = self.chance.choice(list(self.kept))
            delete(File.objects.get(pk=key))
            del self.kept[key]

    def upkeep(self) -> None:
        past_grace()
        sweeping.sweep()
        for _done in contents.look(Report()):
            pass

    def set_aside(self) -> None:
        try:
            row = quota.reserve(self.owner, 3)
            quota.grow(row.pk, 7)
        except StorageFull:
            return
        quota.cancel(row.pk)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_whatever_a_crowd_does_counts_are_exact_and_nothing_kept_is_lost(alice: User, bob: User, seed: int) -> None:
    limited(alice, 40)
    bob.refresh_from_db()
    crowd = [Person(owner, seed + number) for number, owner in enumerate([alice, alice, bob, bob])]
    at_once([person.act for person in crowd])
    for person in crowd:
        for key, content in person.kept.items():
            blob = File.objects.get(pk=key).blob
            assert blob.pk == hashlib.sha256(content).hexdigest() and blob.state == "ready"
            with reading.open(blob) as file:
                assert file.read() == content
    for blob in Blob.objects.all():
        assert blob.references == Version.objects.filter(blob=blob).count()
        assert (blob.unreferenced is None) == (blob.references > 0)
    for owner in (alice, bob):
        stored = Version.objects.filter(file__owner=owner).aggregate(sum=Sum("size"))["sum"] or 0
        assert storage.used_by(owner) == stored <= 40
    leave_nothing(alice, bob)


def leave_nothing(*owners: User) -> None:
    """All are deleted, and then nothing is left anywhere."""
    for file in File.objects.all():
        delete(file)
    assert [storage.used_by(owner) for owner in owners] == [0] * len(owners)
    with patch.object(orphans, "GRACE", datetime.timedelta(days=-1)):
        for _looked_at in orphans.look(Report()):
            pass
    past_grace()
    sweeping.sweep()
    assert not Blob.objects.exists() and not Reservation.objects.exists()
    for place in map(places.place, places.names()):
        assert not list(place.names("blobs/"))
