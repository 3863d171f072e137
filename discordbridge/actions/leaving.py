"""What the bridge does when a person's account is deleted."""

from discordbridge.access import account_of
from discordbridge.actions import remembering, transcripts


def forget(person: int) -> None:
    """Within the deleting transaction: transcripts, and what is remembered of their messages."""
    transcripts.forget(person)
    account = account_of(person)
    if account is not None:
        remembering.forget(account.pk)
