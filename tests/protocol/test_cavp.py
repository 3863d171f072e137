"""AES-GCM against NIST's CAVP vectors (K5): all with tags of 128 bits, those of our profile through the project's cipher."""

from collections.abc import Iterator

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag

from inference_client.protocol import aead
from inference_client.protocol.errors import ChannelError
from tests.protocol import reader

FILES = [f"gcm{what}{bits}.rsp" for what in ("Decrypt", "EncryptExtIV") for bits in (128, 192, 256)]


def vectors(name: str) -> Iterator[dict[str, bytes | bool]]:
    """The vectors of a file with Taglen 128. ``FAIL`` is true where the tag must not verify."""
    wanted = False
    vector: dict[str, bytes | bool] = {}
    with cryptography_vectors.open_vector_file(f"ciphers/AES/GCM/{name}", "r") as file:
        for line in file:
            key, _, value = line.strip().partition("=")
            key = key.strip()
            if key == "[Taglen":
                wanted = value.strip() == "128]"
            elif wanted and key == "Count" and vector:
                yield vector
                vector = {}
            elif wanted and key in ("Key", "IV", "CT", "AAD", "Tag", "PT"):
                vector[key] = bytes.fromhex(value.strip())
            elif wanted and key == "FAIL":
                vector["FAIL"] = True
    if vector:
        yield vector


@pytest.mark.parametrize("name", FILES)
def test_every_vector_with_a_full_tag_is_judged_rightly(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = ours = short_nonces = 0
    for vector in vectors(name):
        key, iv, ciphertext, associated, tag = (vector[part] for part in ("Key", "IV", "CT", "AAD", "Tag"))
        assert isinstance(key, bytes)
        assert isinstance(iv, bytes)
        if len(iv) < 8:
            # The library refuses these; our nonces always have 12 bytes.
            with pytest.raises(ValueError, match=r"[Nn]once"):
                reader.cipher(key).decrypt(iv, ciphertext + tag, associated)
            short_nonces += 1
            continue
        if len(key) == 32 and len(iv) == 12:
            monkeypatch.setattr(aead, "_NONCE_START", iv[:4])
            counter = iv[4:]
            if vector.get("FAIL"):
                with pytest.raises(ChannelError, match="bad_frame"):
                    aead.Cipher(key).open(counter, ciphertext + tag, associated)
            else:
                assert aead.Cipher(key).open(counter, ciphertext + tag, associated) == vector["PT"]
                assert aead.Cipher(key).seal(counter, vector["PT"], associated) == ciphertext + tag
            ours += 1
        elif vector.get("FAIL"):
            with pytest.raises(InvalidTag):
                reader.cipher(key).decrypt(iv, ciphertext + tag, associated)
        else:
            assert reader.cipher(key).decrypt(iv, ciphertext + tag, associated) == vector["PT"]
        judged += 1
    assert (judged, short_nonces) == (750, 375)
    assert ours == (375 if "256" in name else 0)
