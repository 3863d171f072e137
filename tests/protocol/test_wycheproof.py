"""The building blocks against Wycheproof (K1 to K3), through the project's own code wherever it has any."""

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.protocol import aead, noise
from inference_client.protocol.errors import ChannelError
from tests.protocol import reader, vectors


def raw(test: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(test[name]) for name in names]


def test_our_cipher_judges_every_vector_of_its_profile_rightly(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0
    for group, test in vectors.cases("wycheproof_aes_gcm_test.json"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        seen += 1
        key, iv, associated, plaintext, ciphertext, tag = raw(test, "key", "iv", "aad", "msg", "ct", "tag")
        monkeypatch.setattr(aead, "_NONCE_START", iv[:4])
        cipher = aead.Cipher(key)
        if test["result"] == "valid":
            assert cipher.open(iv[4:], ciphertext + tag, associated) == plaintext
            assert cipher.seal(iv[4:], plaintext, associated) == ciphertext + tag
        else:
            with pytest.raises(ChannelError, match="bad_frame"):
                cipher.open(iv[4:], ciphertext + tag, associated)
    assert seen == 66


def test_the_library_judges_all_other_sizes_rightly_or_refuses_them() -> None:
    refused = judged = 0
    for group, test in vectors.cases("wycheproof_aes_gcm_test.json"):
        key, iv, associated, plaintext, ciphertext, tag = raw(test, "key", "iv", "aad", "msg", "ct", "tag")
        try:
            opened = reader.cipher(key).decrypt(iv, ciphertext + tag, associated)
        except InvalidTag:
            assert test["result"] == "invalid", test
        except ValueError:
            # The library takes nonces of 8 to 128 bytes only.
            assert not 64 <= group["ivSize"] <= 1024, test
            refused += 1
            continue
        else:
            assert test["result"] == "valid", test
            assert opened == plaintext
        judged += 1
    assert (judged, refused) == (283, 33)


def test_every_x25519_vector_is_computed_or_refused_because_the_secret_is_zero() -> None:
    computed = zero = 0
    for _, test in vectors.cases("wycheproof_x25519_test.json"):
        private, public, shared = raw(test, "private", "public", "shared")
        key = X25519PrivateKey.from_private_bytes(private)
        if any(shared):
            assert noise.exchange(key, public) == shared
            computed += 1
        else:
            assert test["result"] == "acceptable"
            with pytest.raises(ChannelError, match="handshake_failed"):
                noise.exchange(key, public)
            zero += 1
    assert (computed, zero) == (487, 31)


def test_the_second_readers_own_x25519_agrees_on_a_sample() -> None:
    for _, test in vectors.cases("wycheproof_x25519_test.json")[::16]:
        private, public, shared = raw(test, "private", "public", "shared")
        assert reader.x25519(private, public) == shared


def test_hmac_and_hkdf_vectors_hold() -> None:
    macs = vectors.cases("wycheproof_hmac_sha256_test.json")
    assert len(macs) == 174
    for group, test in macs:
        key, message, tag = raw(test, "key", "msg", "tag")
        computed = hmac.digest(key, message, "sha256")[: group["tagSize"] // 8]
        assert hmac.compare_digest(computed, tag) == (test["result"] == "valid")
    derived = vectors.cases("wycheproof_hkdf_sha256_test.json")
    assert len(derived) == 86
    ours = 0
    for _, test in derived:
        material, salt, info, output = raw(test, "ikm", "salt", "info", "okm")
        if test["result"] != "valid":
            assert test["size"] > 255 * 32
            continue
        assert expand(hmac.digest(salt or bytes(32), material, "sha256"), info, test["size"]) == output
        if not info and test["size"] <= 96:
            # What Noise uses: empty info, up to three blocks.
            assert b"".join(noise.hkdf(salt or bytes(32), material))[: test["size"]] == output
            ours += 1
    assert ours > 0


def expand(key: bytes, info: bytes, size: int) -> bytes:
    output = block = b""
    count = 0
    while len(output) < size:
        count += 1
        block = hmac.new(key, block + info + bytes([count]), hashlib.sha256).digest()
        output += block
    return output[:size]
