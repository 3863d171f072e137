"""The one thing that is written before an answer: a click of those that a limited link has left."""

from django.db.models import F

from meatlizard.kept_sql import KeptUpdate, given
from shortener.models import Link

_take = KeptUpdate(
    lambda: Link.objects.filter(pk=given(Link, "id"), passed__lt=F("max_clicks"), disabled=False, taken_down=None),
    lambda: {"passed": F("passed") + 1},
)


def let_through(link: int) -> bool:
    """Whether one was left. One conditional update, so that as many pass as may, in however many processes they race."""
    return _take.run(id=link) == 1
