"""Reaching what videos are sorted by."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from meatlizard.errors import NotFound
from video.models import Category

NAMES = (
    gettext_noop("Film and animation"), gettext_noop("Music"), gettext_noop("Gaming"), gettext_noop("Education"),
    gettext_noop("Science and technology"), gettext_noop("How-to"), gettext_noop("News"), gettext_noop("Sports"), gettext_noop("Travel"),
    gettext_noop("People"), gettext_noop("Comedy"), gettext_noop("Animals"), gettext_noop("Other"),
)  # fmt: skip
"""What a site begins with, for translators: pages translate the name that stands in a category's row."""


def category_called(slug: str) -> Category:
    """Raises NotFound."""
    row = Category.objects.filter(slug=slug).first()
    if row is None:
        raise NotFound(_("There is no such category."), code="no_such_category")
    return row
