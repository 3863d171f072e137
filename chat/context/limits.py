"""How much of a conversation its owner may have models remember."""

MAX_PINNED = 50
"""Messages of one conversation."""

MAX_SUMMARY = 20_000
"""Characters of a summary that its owner writes."""
