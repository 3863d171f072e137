"""PrivateBin's format version 2, once more and by other means: what the site and its pages are measured by.

Python's ``cryptography`` and ``zlib``; nothing of ``paste`` is used here. The known answer was made by PrivateBin.
"""

import base64
import hashlib
import json
import secrets
import zlib
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

KNOWN_KEY = "5aVtoztG9b1Fdn9HnFTobUuWTCsTiBgXXcAowa9n1UYM"
KNOWN_ADATA = [["ESCo80JFxn8/W4hlM85bRg==", "mCzc5TZVGqE=", 100000, 256, 128, "aes", "gcm", "zlib"], "plaintext", 0, 0]
KNOWN_CT = "8zzXhn7VoeHtoJVvcGnIxeAbckjCMoJyuxzGOL83NXNoXVEa1EPsrquaVgTgKyqvHSNvqD7q5Cx7QT0="
KNOWN_PLAIN = {"paste": "hello zero knowledge ✓\n"}


def key_of(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number * 58 + ALPHABET.index(letter)
    return number.to_bytes(32, "big")


def text_of(key: bytes) -> str:
    number, said = int.from_bytes(key, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        said = ALPHABET[rest] + said
    return "1" * (len(key) - len(key.lstrip(b"\0"))) + said


def derived(key: bytes, password: str, cipher: list[Any]) -> bytes:
    return hashlib.pbkdf2_hmac(
        "sha256", key + password.encode(), base64.b64decode(cipher[1]), cipher[2], cipher[3] // 8
    )


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def seal(
    plain: dict[str, Any], key: bytes, password: str = "", *, formatter: str = "plaintext", discussion: int = 0, burn: int = 0,
    iterations: int = 10_001, comment: bool = False,
) -> tuple[Any, str]:  # fmt: skip
    """``adata`` and ``ct``. So few iterations that tests are quick; the site takes no fewer."""
    cipher = [
        base64.b64encode(secrets.token_bytes(16)).decode(), base64.b64encode(secrets.token_bytes(8)).decode(),
        iterations, 256, 128, "aes", "gcm", "zlib",
    ]  # fmt: skip
    adata: Any = cipher if comment else [cipher, formatter, discussion, burn]
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    pressed = press.compress(compact(plain)) + press.flush()
    sealed = AESGCM(derived(key, password, cipher)).encrypt(base64.b64decode(cipher[0]), pressed, compact(adata))
    return adata, base64.b64encode(sealed).decode()


def unseal(adata: Any, ct: str, key: bytes, password: str = "") -> dict[str, Any]:
    cipher = adata[0] if isinstance(adata[0], list) else adata
    opened = AESGCM(derived(key, password, cipher)).decrypt(
        base64.b64decode(cipher[0]), base64.b64decode(ct), compact(adata)
    )
    plain: dict[str, Any] = json.loads(zlib.decompress(opened, -zlib.MAX_WBITS))
    return plain


def request(
    plain: dict[str, Any] | None = None, key: bytes = b"k" * 32, expire: str = "1day", **more: Any
) -> dict[str, Any]:
    """A paste as PrivateBin's clients post it."""
    adata, ct = seal(plain or {"paste": "a lizard"}, key, **more)
    return {"v": 2, "adata": adata, "ct": ct, "meta": {"expire": expire}}
