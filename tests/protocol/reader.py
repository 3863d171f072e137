"""A second reader and writer of the wire, version 1, from the documentation alone.

It shares no line with ``inference_client.protocol``: HMAC and SHA-256 from the standard library, X25519 written out
below, and AES-GCM from ``cryptography`` (the one place besides ``aead.py`` that may name the cipher, because a reader
that used ours would prove nothing). It is for tests: slow, and not constant in time.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

cipher = AESGCM
PRIME = 2**255 - 19


def x25519(private: bytes, public: bytes = (9).to_bytes(32, "little")) -> bytes:
    """RFC 7748, section 5."""
    scalar = int.from_bytes(private, "little") & ~7 & (1 << 255) - 1 | 1 << 254
    u = int.from_bytes(public, "little") & (1 << 255) - 1
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in range(254, -1, -1):
        if scalar >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        plus, minus = pow(x2 + z2, 2, PRIME), pow(x2 - z2, 2, PRIME)
        left, right = (x3 - z3) * (x2 + z2), (x3 + z3) * (x2 - z2)
        x3, z3 = pow(left + right, 2, PRIME), u * pow(left - right, 2, PRIME) % PRIME
        x2, z2 = plus * minus % PRIME, (plus - minus) * (plus + 121665 * (plus - minus)) % PRIME
        if scalar >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def two(key: bytes, material: bytes) -> tuple[bytes, bytes]:
    root = hmac.new(key, material, hashlib.sha256).digest()
    first = hmac.new(root, b"\x01", hashlib.sha256).digest()
    return first, hmac.new(root, first + b"\x02", hashlib.sha256).digest()


def handshake(start: bytes, keys: dict[str, bytes], info: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Both messages, both keys (from the client, from the site) and the hash, of private keys Cs, Ce, Ss, Se."""
    ck = b"Noise_IK_25519_AESGCM_SHA256".ljust(32, b"\0")
    h = sha(sha(ck + start) + x25519(keys["Ss"]))
    messages = []
    for tokens, payload in (("Ce CeSs Cs CsSs", b""), ("Se CeSe CsSe", info)):
        message, key, count = b"", b"", 0
        for token in tokens.split():
            if len(token) == 4:
                ck, key = two(ck, x25519(keys[token[:2]], x25519(keys[token[2:]])))
                count = 0
            else:
                part = x25519(keys[token])
                if key and token[1] == "s":
                    part, count = AESGCM(key).encrypt(count.to_bytes(12, "big"), part, h), count + 1
                message, h = message + part, sha(h + part)
        part = AESGCM(key).encrypt(count.to_bytes(12, "big"), payload, h)
        messages.append(message + part)
        h = sha(h + part)
    return messages[0], messages[1], *two(ck, b""), h


def seal(key: bytes, seq: int, type_: int, flags: int, content: bytes) -> bytes:
    header = bytes([1, type_]) + flags.to_bytes(2, "big") + seq.to_bytes(8, "big")
    padded = len(content).to_bytes(2, "big") + content
    padded += bytes((256 - len(padded) % 256) % 256)
    return header + AESGCM(key).encrypt(bytes(4) + header[4:], padded, header)


def unseal(key: bytes, frame: bytes) -> tuple[int, int, bytes]:
    """Type, flags and content of a frame."""
    padded = AESGCM(key).decrypt(bytes(4) + frame[4:12], frame[12:], frame[:12])
    size = int.from_bytes(padded[:2], "big")
    assert not any(padded[2 + size :])
    return frame[1], int.from_bytes(frame[2:4], "big"), padded[2 : 2 + size]


def pieces(payload: bytes) -> list[tuple[int, bytes]]:
    """Flags and content of the frames of one message."""
    if len(payload) <= 65278:
        return [(0, payload)]
    first = (2, len(payload).to_bytes(4, "big") + payload[:65274])
    return [first, *((4, payload[at : at + 65278]) for at in range(65274, len(payload), 65278))]
