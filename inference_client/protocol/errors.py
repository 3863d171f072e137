"""What can go wrong on the link, as codes both ends know, with the websocket close code and a remedy in plain words."""

from typing import Final

CLOSE_BROKEN: Final = 4400
CLOSE_UNKNOWN_KEY: Final = 4401
CLOSE_VERSION: Final = 4406
CLOSE_TIMEOUT: Final = 4408
CLOSE_REPLACED: Final = 4409
CLOSE_TOO_MANY: Final = 4429

UPDATE_CLIENT: Final = "update the inference client"
UPDATE_SITE: Final = "update the site"

_RECONNECT = "connect again; if it keeps happening, something between the two programs changes the traffic"

# code: (websocket close code, remedy)
CODES: Final[dict[str, tuple[int, str]]] = {
    "handshake_failed": (
        CLOSE_BROKEN,
        "pair again: the site's key, its address or this machine's key is not the expected one",
    ),
    "bad_frame": (CLOSE_BROKEN, _RECONNECT),
    "bad_message": (CLOSE_BROKEN, "update both programs to the same release; if it stays, report it with the log line"),
    "replayed": (CLOSE_BROKEN, _RECONNECT),
    "out_of_order": (CLOSE_BROKEN, _RECONNECT),
    "too_large": (CLOSE_BROKEN, "send less at once: one message may have 1 MiB"),
    "rekey_required": (CLOSE_BROKEN, "connect again: the keys of this connection are used up"),
    "unknown_type": (CLOSE_BROKEN, "update both programs to the same release"),
    "unconfirmed": (CLOSE_BROKEN, "wait for the client's first frame before sending anything"),
    "forked": (CLOSE_BROKEN, "open the connection in the process that uses it"),
    "closed": (CLOSE_BROKEN, "connect again"),
    "unknown_key": (CLOSE_UNKNOWN_KEY, "pair this machine: the site does not know its key"),
    "revoked": (
        CLOSE_UNKNOWN_KEY,
        "ask the operator: this machine's access was withdrawn; pair it again with a new code",
    ),
    "not_enrolled": (CLOSE_UNKNOWN_KEY, "pair this machine with a new code from the site's administration"),
    "enrolment_refused": (CLOSE_UNKNOWN_KEY, "ask for a new code: this one is wrong, used or older than 15 minutes"),
    "version_unsupported": (CLOSE_VERSION, "update the older of the two programs"),
    "timeout": (CLOSE_TIMEOUT, "check the network between this machine and the site, then connect again"),
    "replaced": (
        CLOSE_REPLACED,
        "another program has connected with this machine's key; stop one of them, and pair a second machine by itself",
    ),
    "too_many": (CLOSE_TOO_MANY, "wait a minute before connecting again"),
}

_BY_CLOSE_CODE: Final[dict[int, str]] = {
    CLOSE_BROKEN: _RECONNECT,
    CLOSE_UNKNOWN_KEY: CODES["unknown_key"][1],
    CLOSE_VERSION: CODES["version_unsupported"][1],
    CLOSE_TIMEOUT: CODES["timeout"][1],
    CLOSE_REPLACED: CODES["replaced"][1],
    CLOSE_TOO_MANY: CODES["too_many"][1],
}


class ChannelError(Exception):
    """The one exception of this package for anything the other end, or the network, can cause.

    ``code`` is a key of :data:`CODES`; ``detail`` is for this end's log only; ``remedy`` tells a person what to do.
    """

    def __init__(self, code: str, detail: str = "", *, remedy: str = "") -> None:
        self.code = code
        self.detail = detail
        self.close_code, default = CODES[code]
        self.remedy = remedy or default
        super().__init__(f"{code}: {detail}" if detail else code)

    @property
    def wire_reason(self) -> str:
        """Text for the websocket close frame, at most 123 bytes. Empty for 4400: the other end is not told why."""
        if self.close_code == CLOSE_BROKEN:
            return ""
        if self.close_code == CLOSE_VERSION:
            return self.remedy
        return self.code


def remedy_for_close(close_code: int, reason: str = "") -> str | None:
    """What to tell a person when the other end closed with ``close_code``; None if that code is not one of ours.

    ``reason`` comes from the network, unauthenticated: it only chooses among our own sentences.
    """
    if close_code not in _BY_CLOSE_CODE:
        return None
    if reason in CODES and CODES[reason][0] == close_code:
        return CODES[reason][1]
    if close_code == CLOSE_VERSION and reason in (UPDATE_CLIENT, UPDATE_SITE):
        return reason
    return _BY_CLOSE_CODE[close_code]
