"""Reaching what videos are sorted by."""

from django.utils.translation import gettext as _

from meatlizard.errors import NotFound
from video.models import Category


def category_called(slug: str) -> Category:
    """Raises NotFound."""
    row = Category.objects.filter(slug=slug).first()
    if row is None:
        raise NotFound(_("There is no such category."), code="no_such_category")
    return row
