"""What every search service comes to, and how its answer is read: strictly, for it holds what strangers wrote."""

import html
import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol, TypeVar

from django.utils.translation import gettext as _
from pydantic import BaseModel, BeforeValidator, ValidationError

from meatlizard.security.fetch import Fetched, Unreachable

MOST_EXCERPT: Final = 600
MOST_TITLE: Final = 200

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Found:
    """One result. ``published`` as the service says it, or empty."""

    title: str
    address: str
    excerpt: str = ""
    published: str = ""


class Provider(Protocol):
    """A search service. ``name`` as in the settings."""

    name: str

    def search(self, query: str, most: int) -> list[Found]:
        """``most`` results at most. Raises Unreachable."""
        ...


def plain(text: str, most: int) -> str:
    """One line of text, of what may be HTML with matches in bold."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())[:most]


def _or_nothing(value: Any) -> Any:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_or_nothing)]
"""Services leave out, or send as null, what they do not know."""

Answer = TypeVar("Answer", bound=BaseModel)


def read(shape: type[Answer], fetched: Fetched) -> Answer:
    """Raises Unreachable for an answer of another shape."""
    try:
        return shape.model_validate_json(fetched.body)
    except ValidationError:
        raise Unreachable(_("The search service answered in a way that cannot be read.")) from None
