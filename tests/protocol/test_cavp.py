"""AES-GCM against NIST's CAVP vectors (K5): all with tags of 128 bits; our profile through the project's cipher."""

from collections.abc import Iterator
from typing import NamedTuple

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag

from inference_client.protocol import aead
from inference_client.protocol.errors import ChannelError
from tests.protocol import reader

FILES = [f"gcm{what}{bits}.rsp" for what in ("Decrypt", "EncryptExtIV") for bits in (128, 192, 256)]


class Vector(NamedTuple):
    """``fails``: the tag must not verify."""

    key: bytes
    iv: bytes
    associated: bytes
    sealed: bytes
    plaintext: bytes
    fails: bool


def vectors(name: str) -> Iterator[Vector]:
    """The vectors of a file whose tags have 128 bits."""
    wanted = False
    found: dict[str, str] = {}
    with cryptography_vectors.open_vector_file(f"ciphers/AES/GCM/{name}", "r") as file:
        for line in file:
            name, _, value = (part.strip() for part in line.partition("="))
            if name == "[Taglen":
                wanted = value == "128]"
            if name in ("Count", "[Keylen") and found:
                yield vector(found)
                found = {}
            if wanted and name and not name.startswith(("[", "#")):
                found[name] = value
    if found:
        yield vector(found)


def vector(found: dict[str, str]) -> Vector:
    key, iv, associated, ciphertext, tag, plaintext = (
        bytes.fromhex(found.get(part, "")) for part in ("Key", "IV", "AAD", "CT", "Tag", "PT")
    )
    return Vector(key, iv, associated, ciphertext + tag, plaintext, "FAIL" in found)


@pytest.mark.parametrize("name", FILES)
def test_every_vector_with_a_full_tag_is_judged_rightly(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = ours = short_nonces = 0
    for key, iv, associated, sealed, plaintext, fails in vectors(name):
        library = reader.cipher(key)
        if len(iv) < 8:
            # The library refuses these; our nonces always have 12 bytes.
            with pytest.raises(ValueError, match=r"[Nn]once"):
                library.decrypt(iv, sealed, associated)
            short_nonces += 1
            continue
        judged += 1
        if fails:
            with pytest.raises(InvalidTag):
                library.decrypt(iv, sealed, associated)
        else:
            assert library.decrypt(iv, sealed, associated) == plaintext
        if len(key) != 32 or len(iv) != 12:
            continue
        ours += 1
        monkeypatch.setattr(aead, "_NONCE_START", iv[:4])
        if fails:
            with pytest.raises(ChannelError, match="bad_frame"):
                aead.Cipher(key).open(iv[4:], sealed, associated)
        else:
            assert aead.Cipher(key).open(iv[4:], sealed, associated) == plaintext
            assert aead.Cipher(key).seal(iv[4:], plaintext, associated) == sealed
    assert (judged, short_nonces) == (750, 375)
    assert ours == (375 if "256" in name else 0)
