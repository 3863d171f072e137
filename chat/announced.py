"""What operators announce, as an open page is told."""

from chat.schema import Schema
from meatlizard.control import announcing


class Announced(Schema):
    id: int
    text: str
    dismissible: bool


def standing() -> tuple[Announced, ...]:
    """Those that are shown now; from memory."""
    return tuple(Announced(id=one.number, text=one.text, dismissible=one.dismissible) for one in announcing.standing())
