"""What the bridge does when a person's account is deleted or anonymised."""

from discordbridge.access import account_of
from discordbridge.actions import coming_back, remembering, transcripts


def forget(person: int) -> None:
    """Within the deleting transaction: transcripts, and what is remembered of their messages. What they used of the week counts
    for who comes back."""
    transcripts.forget(person)
    account = account_of(person)
    if account is not None:
        remembering.forget(account.pk)
        coming_back.leaves(account.pk, account.user)


def anonymise(person: int) -> None:
    """As when it is deleted; and nobody on Discord is this account any more."""
    forget(person)
    account = account_of(person)
    if account is not None:
        account.delete()
