"""Names in addresses: random, and easy to read aloud and to copy from paper."""

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0 and o, 1, i and l."""

LENGTH = 12
"""31 to the power of 12: at a million pastes and a thousand tries a second, 25 years until one is guessed."""


def new_slug(length: int = LENGTH) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
