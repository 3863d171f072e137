"""What the chat shows to moderation's rules, and does when they say so."""
