"""Who may switch the whole site."""

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden
from meatlizard.ops.switches import operates

Viewer = User | AnonymousUser


def operate_only(viewer: Viewer) -> User:
    """The viewer, who operates the site. Raises Forbidden."""
    if not isinstance(viewer, User) or viewer.is_suspended or not operates(viewer):
        raise Forbidden(_("Only an operator of the site may do this."), code="not_an_operator")
    return viewer
