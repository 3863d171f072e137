"""Secrets that the site has to use again, as they lie in the database: AES-256-GCM under a key made of SECRET_KEY.

Who steals the database alone reads nothing of them. After a change of SECRET_KEY the old one in SECRET_KEY_FALLBACKS opens them still.
"""

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE = 12


class Unopened(Exception):
    """It was sealed under another key, for another purpose, or changed."""


def seal(text: str, purpose: str) -> str:
    nonce = os.urandom(NONCE)
    sealed = AESGCM(_key(settings.SECRET_KEY, purpose)).encrypt(nonce, text.encode(), purpose.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def opened(sealed: str, purpose: str) -> str:
    """Raises Unopened."""
    try:
        data = base64.urlsafe_b64decode(sealed)
    except ValueError:
        raise Unopened from None
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return AESGCM(_key(secret, purpose)).decrypt(data[:NONCE], data[NONCE:], purpose.encode()).decode()
        except (InvalidTag, ValueError):
            continue
    raise Unopened


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"meatlizard sealed {purpose}".encode()).derive(secret.encode())
