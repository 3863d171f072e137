"""One's own choice of notices."""

from chat.models import NoticeChoice
from meatlizard.accounts.models import User


def access_choice(viewer: User) -> NoticeChoice:
    """As it would be before anything was chosen, where nothing was."""
    return NoticeChoice.objects.filter(user=viewer.pk).first() or NoticeChoice(user=viewer)
