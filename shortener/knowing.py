"""Short links as what a model finds of a person's own: their titles, and where they lead."""

from collections.abc import Sequence

from chat.tools.own_content import Found, register
from meatlizard.accounts.models import User
from shortener.access import links_of
from shortener.finding import Wanted, narrowed

KIND = "link"


def load() -> None:
    register(KIND, search)


def search(user: User, query: str, most: int) -> Sequence[Found]:
    rows = narrowed(links_of(user), Wanted(text=query)).order_by("-created")[:most]
    return [Found(row.title or row.slug, row.target, f"{row.target}\n{row.notes}".strip(), row.created) for row in rows]
