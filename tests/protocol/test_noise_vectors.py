"""The handshake against the public Noise vectors, and two of our own that need no folder of vectors."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from inference_client.protocol.aead import Cipher
from inference_client.protocol.errors import ChannelError
from inference_client.protocol.noise import IK, HandshakeState, exchange
from tests.protocol import vectors
from tests.protocol.noise_patterns import WithSharedKeys, pattern

OWN = json.loads((Path(__file__).parent / "golden" / "noise_ik.json").read_text(encoding="ascii"))


def side(vector: dict[str, Any], which: str) -> WithSharedKeys:
    def private(name: str) -> X25519PrivateKey | None:
        text = vector.get(f"{which}_{name}")
        return X25519PrivateKey.from_private_bytes(bytes.fromhex(text)) if text else None

    remote = vector.get(f"{which}_remote_static")
    ephemeral = private("ephemeral")
    state = WithSharedKeys(
        pattern(vector["protocol_name"]),
        initiator=which == "init",
        prologue=bytes.fromhex(vector[f"{which}_prologue"]),
        static=private("static"),
        remote_static=bytes.fromhex(remote) if remote else None,
        new_ephemeral=lambda: ephemeral or pytest.fail("this side of the pattern has no ephemeral key"),
    )
    state.share([bytes.fromhex(psk) for psk in vector.get(f"{which}_psks", [])])
    return state


def run(vector: dict[str, Any]) -> None:
    """Every byte of every message as published, from both sides, through the handshake and the transport after it."""
    writer, reader = side(vector, "init"), side(vector, "resp")
    one_way = len(pattern(vector["protocol_name"]).messages) == 1
    sending: dict[bool, tuple[Cipher, Cipher, int]] = {}
    for message in vector["messages"]:
        payload, expected = bytes.fromhex(message["payload"]), bytes.fromhex(message["ciphertext"])
        if not writer.done:
            assert writer.write(payload) == expected
            assert reader.read(expected) == payload
        else:
            if writer.initiator not in sending:
                sending[writer.initiator] = (Cipher(writer.split()[0]), Cipher(reader.split()[1]), 0)
            seal, opened, count = sending[writer.initiator]
            counter = count.to_bytes(8, "big")
            assert seal.seal(counter, payload, b"") == expected
            assert opened.open(counter, expected, b"") == payload
            sending[writer.initiator] = (seal, opened, count + 1)
        if not one_way:
            writer, reader = reader, writer
    assert writer.done
    assert reader.done
    assert writer.hash == reader.hash
    if "handshake_hash" in vector:
        assert writer.hash.hex() == vector["handshake_hash"]


def test_every_public_vector_of_the_suite_is_reproduced_byte_for_byte() -> None:
    published = vectors.load("noise_25519_aesgcm_sha256.json")["vectors"]
    assert len(published) == 49
    for vector in published:
        run(vector)


@pytest.mark.parametrize("vector", OWN, ids=[vector["note"] for vector in OWN])
def test_our_own_vectors_stay_as_they_are(vector: dict[str, Any]) -> None:
    run(vector)


def test_a_wrong_byte_in_a_vector_is_noticed() -> None:
    broken = json.loads(json.dumps(OWN[0]))
    text = broken["messages"][0]["ciphertext"]
    broken["messages"][0]["ciphertext"] = ("0" if text[0] != "0" else "1") + text[1:]
    with pytest.raises(AssertionError):
        run(broken)


LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]


@pytest.mark.parametrize("public", LOW_ORDER, ids=lambda public: public[:4].hex())
def test_a_public_key_that_makes_the_secret_zero_is_refused(public: bytes) -> None:
    with pytest.raises(ChannelError) as refused:
        exchange(X25519PrivateKey.generate(), public)
    assert refused.value.code == "handshake_failed"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_public_key_of_the_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(ChannelError, match="handshake_failed"):
        HandshakeState(IK, initiator=True, prologue=b"", static=X25519PrivateKey.generate(), remote_static=b"k" * size)


def test_a_side_without_a_static_key_cannot_take_part() -> None:
    remote = X25519PrivateKey.generate().public_key().public_bytes_raw()
    state = HandshakeState(IK, initiator=True, prologue=b"", remote_static=remote)
    with pytest.raises(ChannelError, match="a static key is missing"):
        state.write(b"")
