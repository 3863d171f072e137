"""Reports of answers and shared pages, by those who may read them."""

from chat.models import Message, Share
from chat.moderating.texts import SERVICE, message_target, place_of, share_target
from meatlizard.accounts.models import User
from meatlizard.moderation.actions import reports
from meatlizard.moderation.models import Case


def report_message(user: User, message: Message, address: str, reason: str, comment: str) -> Case:
    """``message`` is one of the user's own conversations. Raises as :func:`meatlizard.moderation.actions.reports.report`."""
    return reports.report(
        user, address, service=SERVICE, target=message_target(message.pk), text=message.content, reason=reason,
        comment=comment, place=place_of(message.conversation_id), owner=message.conversation.owner_id,
    )  # fmt: skip


def report_share(user: User | None, share: Share, address: str, reason: str, comment: str) -> Case:
    """What moderators get is the page as it is shown."""
    text = "\n\n".join(turn["content"] for turn in share.snapshot)
    return reports.report(
        user, address, service=SERVICE, target=share_target(share.pk), text=text, reason=reason, comment=comment,
        owner=share.owner_id,
    )  # fmt: skip
