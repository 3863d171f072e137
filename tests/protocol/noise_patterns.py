"""Patterns of the Noise specification the project does not use, to run every public vector through its handshake."""

from inference_client.protocol.noise import HandshakeState, Pattern

# name: (messages; what is known beforehand: i the initiator's static key, r the responder's)
_PATTERNS = {
    "NN": ("e | e ee", ""),
    "KN": ("e | e ee se", "i"),
    "NK": ("e es | e ee", "r"),
    "KK": ("e es ss | e ee se", "ir"),
    "NX": ("e | e ee s es", ""),
    "KX": ("e | e ee se s es", "i"),
    "XN": ("e | e ee | s se", ""),
    "IN": ("e s | e ee se", ""),
    "XK": ("e es | e ee | s se", "r"),
    "IK": ("e es s ss | e ee se", "r"),
    "XX": ("e | e ee s es | s se", ""),
    "IX": ("e s | e ee se s es", ""),
    "N": ("e es", "r"),
    "K": ("e es ss", "ir"),
    "X": ("e es s ss", "r"),
}


def pattern(protocol_name: str) -> Pattern:
    """``Noise_XXpsk0+psk2_25519_AESGCM_SHA256`` as messages: psk0 stands first of all, pskN at the end of message N."""
    handshake = protocol_name.split("_")[1]
    base = next(name for name in sorted(_PATTERNS, key=len, reverse=True) if handshake.startswith(name))
    text, known = _PATTERNS[base]
    messages = [message.split() for message in text.split("|")]
    for modifier in filter(None, handshake[len(base) :].split("+")):
        number = int(modifier.removeprefix("psk"))
        if number == 0:
            messages[0].insert(0, "psk")
        else:
            messages[number - 1].append("psk")
    return Pattern(protocol_name, "i" in known, "r" in known, tuple(map(tuple, messages)))


class WithSharedKeys(HandshakeState):
    """Adds the psk token (section 9 of the specification); with it, ephemeral keys are mixed into the key too."""

    psks: list[bytes]
    psk_pattern = False

    def share(self, psks: list[bytes]) -> None:
        self.psks = list(psks)
        self.psk_pattern = bool(psks)

    def write_token(self, token: str) -> bytes:
        if token == "psk":
            self.symmetric.mix_key_and_hash(self.psks.pop(0))
            return b""
        written = super().write_token(token)
        if token == "e" and self.psk_pattern:
            self.symmetric.mix_key(written)
        return written

    def read_token(self, token: str, message: bytes) -> bytes:
        if token == "psk":
            self.symmetric.mix_key_and_hash(self.psks.pop(0))
            return message
        rest = super().read_token(token, message)
        if token == "e" and self.psk_pattern:
            self.symmetric.mix_key(message[: len(message) - len(rest)])
        return rest
