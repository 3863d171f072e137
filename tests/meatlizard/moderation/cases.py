"""A service of the tests that keeps its texts in a dictionary, and cases about them."""

from collections.abc import Sequence

from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.moderation.models import Action, Case
from meatlizard.moderation.services import Turn


class Shelf:
    """Texts by name."""

    label = "shelf"

    def __init__(self, **texts: str) -> None:
        self.texts = texts

    def read(self, target: str) -> str | None:
        return self.texts.get(target)

    def write(self, target: str, text: str) -> bool:
        if target not in self.texts:
            return False
        self.texts[target] = text
        return True

    def remove(self, target: str) -> bool:
        return self.texts.pop(target, None) is not None

    def around(self, target: str, place: str) -> Sequence[Turn]:
        return [Turn("before", "what stood before")]


def case_of(person: User, **fields: object) -> Case:
    """An open case of a withheld answer on the shelf."""
    usual = {
        "origin": Case.Origin.RULE, "service": "shelf", "direction": "out", "rule_name": "set: rule", "target": "a",
        "action": Action.BLOCK, "matched": "lizard", "kept": "a lizard", "spans": [[2, 8]], "content": Case.Content.WITHHELD,
        "told": "No lizards.",
    }  # fmt: skip
    return Case.objects.create(created=timezone.now(), person=person, **{**usual, **fields})
