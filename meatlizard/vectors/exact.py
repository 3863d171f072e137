"""The nearest by comparing with every row: right always, on every database, and fast enough for some thousands."""

import heapq
from typing import TYPE_CHECKING

from meatlizard.vectors.vector import Vector, similarity

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from meatlizard.vectors.models import StoredVector


def nearest(rows: "QuerySet[StoredVector]", vector: Vector, most: int) -> list[tuple[str, float]]:
    asked = vector.floats()
    found = (
        (similarity(asked, bytes(numbers)), key)
        for key, numbers in rows.values_list("key", "numbers").iterator(chunk_size=500)
    )
    return [(key, worth) for worth, key in heapq.nlargest(most, found)]
