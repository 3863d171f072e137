"""X25519 keys as text and as files only their owner can read, and the short names people compare."""

import base64
import binascii
import contextlib
import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

KEY_BYTES: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(Exception):
    """A key cannot be read or written; the message says in plain words what to do."""


def generate() -> X25519PrivateKey:
    """A new private key from the system's random source."""
    return X25519PrivateKey.generate()


def public_bytes(private: X25519PrivateKey) -> bytes:
    """The public key of ``private``, 32 bytes."""
    return private.public_key().public_bytes_raw()


def private_to_text(private: X25519PrivateKey) -> str:
    """Base64, 44 characters."""
    return base64.b64encode(private.private_bytes_raw()).decode("ascii")


def private_from_text(text: str) -> X25519PrivateKey:
    """Raises KeyFileError unless ``text`` is base64 of 32 bytes; the text itself is in no message."""
    return X25519PrivateKey.from_private_bytes(_decode(text, "the private key"))


def public_to_text(public: bytes) -> str:
    """Base64, 44 characters."""
    if len(public) != KEY_BYTES:
        raise ValueError(f"a public key has {KEY_BYTES} bytes")
    return base64.b64encode(public).decode("ascii")


def public_from_text(text: str) -> bytes:
    """32 bytes. Raises KeyFileError unless ``text`` is base64 of that many."""
    return _decode(text, "the public key")


def fingerprint(public: bytes) -> str:
    """Four groups of four letters and digits (80 bits of SHA-256) to compare by eye: ``K7QD-2MZA-XH3T-PB5R``."""
    digest = hashlib.sha256(b"meatlizard-fingerprint" + public).digest()
    text = base64.b32encode(digest[:10]).decode("ascii")
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def server_id(server_public: bytes) -> bytes:
    """16 bytes that name a site by its public key."""
    return hashlib.sha256(b"meatlizard-server-id" + server_public).digest()[:16]


def save_private(path: Path, private: X25519PrivateKey, *, replace: bool = False) -> None:
    """Writes one line of base64, readable by the owner only, whole or not at all.

    Raises KeyFileError if the file exists (unless ``replace``) or cannot be written. Makes the directory (0700) if
    needed.
    """
    if path.exists() and not replace:
        raise KeyFileError(f"{path} exists already; a new key would lock this machine out until it is paired again")
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(private_to_text(private) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise KeyFileError(f"the key cannot be written to {path}: {error.strerror}") from None


def load_private(path: Path) -> X25519PrivateKey:
    """Raises KeyFileError if the file is missing, readable by others, or holds no key."""
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & _OTHERS:
                raise KeyFileError(f"others can read {path}; make it yours alone with: chmod 600 {path}")
            text = file.read(256)
    except FileNotFoundError:
        raise KeyFileError(f"there is no key at {path}; pair this machine first") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{path} holds no key") from None
    except OSError as error:
        raise KeyFileError(f"the key at {path} cannot be read: {error.strerror}") from None
    try:
        return private_from_text(text)
    except KeyFileError:
        raise KeyFileError(f"{path} holds no key: one line of 44 base64 characters is expected") from None


def _decode(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip().encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    if len(raw) != KEY_BYTES or base64.b64encode(raw).decode("ascii") != text.strip():
        raise KeyFileError(f"{what} must be base64 of {KEY_BYTES} bytes")
    return raw
