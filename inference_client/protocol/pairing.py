"""The code an operator copies from the site to a new machine: a one-time secret and the site's public key in one text.

Layout: 16 bytes secret, 32 bytes public key, 2 bytes checksum (start of SHA-256 over ``meatlizard-pairing`` and the
48 bytes before); these 400 bits are 80 characters of Crockford's base32 (no I, L, O, U), written in 16 groups of 5
after ``ML1-``. Reading forgives case, blanks and dashes, and takes O for 0, I and L for 1. The checksum finds typing
mistakes; it is no protection.
"""

import hashlib
import re
import secrets
from typing import Final, NamedTuple

SECRET_BYTES: Final = 16
PUBLIC_BYTES: Final = 32
PREFIX: Final = "ML1"

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHARACTERS: Final = 80
_GROUP: Final = 5
_FORGIVEN: Final = str.maketrans("OIL", "011")
_VALUE: Final = {character: value for value, character in enumerate(_ALPHABET)}


class PairingCodeError(ValueError):
    """The text is no pairing code; the message says what is wrong with it, for the person who typed it."""


class PairingCode(NamedTuple):
    """``secret``: 16 bytes the site recognises. ``server_public``: 32 bytes by which the client recognises the site."""

    secret: bytes
    server_public: bytes

    @property
    def text(self) -> str:
        """``ML1-`` and 16 groups of 5 characters, 99 characters in all."""
        body = self.secret + self.server_public
        number = int.from_bytes(body + _checksum(body), "big")
        characters = "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_CHARACTERS - 1), -1, -5))
        return "-".join([PREFIX, *(characters[at : at + _GROUP] for at in range(0, _CHARACTERS, _GROUP))])

    @property
    def secret_text(self) -> str:
        """The secret as 32 hex digits: the ``code`` of the ENROL message."""
        return self.secret.hex()

    @property
    def secret_hash(self) -> str:
        """What the site stores: 64 hex digits. Plain SHA-256 is enough for 128 random bits."""
        return hash_secret(self.secret_text)


def new(server_public: bytes) -> PairingCode:
    """A fresh code for the site with this public key."""
    if len(server_public) != PUBLIC_BYTES:
        raise ValueError(f"a public key has {PUBLIC_BYTES} bytes")
    return PairingCode(secrets.token_bytes(SECRET_BYTES), server_public)


def hash_secret(secret_text: str) -> str:
    """SHA-256, 64 hex digits, of the ENROL message's ``code``, for looking it up."""
    return hashlib.sha256(b"meatlizard-pairing-secret" + secret_text.encode()).hexdigest()


def parse(text: str) -> PairingCode:
    """Raises PairingCodeError with a sentence for the person who typed it."""
    plain = re.sub(r"[\s\-\u2010-\u2015]+", "", text).upper()
    if not plain.startswith(PREFIX):
        # The prefix is no part of the base32 text, so its L is taken as it is.
        if re.match(r"ML\d", plain):
            raise PairingCodeError(f"this code is of another kind ({plain[:3]}); update the inference client")
        raise PairingCodeError(
            f"a pairing code begins with {PREFIX}-; copy the whole code from the site's administration"
        )
    characters = plain[len(PREFIX) :].translate(_FORGIVEN)
    for place, character in enumerate(characters, 1):
        if character not in _VALUE:
            raise PairingCodeError(f"character {place} after {PREFIX} is {character!r}, which no code contains")
    if len(characters) != _CHARACTERS:
        raise PairingCodeError(
            f"the code has {len(characters)} characters after {PREFIX}, not {_CHARACTERS}; copy all of it"
        )
    number = 0
    for character in characters:
        number = number << 5 | _VALUE[character]
    raw = number.to_bytes(_CHARACTERS * 5 // 8, "big")
    body = raw[: SECRET_BYTES + PUBLIC_BYTES]
    if raw[len(body) :] != _checksum(body):
        raise PairingCodeError("the code is mistyped: its checksum does not fit; copy it again")
    return PairingCode(body[:SECRET_BYTES], body[SECRET_BYTES:])


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(b"meatlizard-pairing" + body).digest()[:2]
