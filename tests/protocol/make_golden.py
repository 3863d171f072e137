"""Writes the recorded sessions of a protocol version, once: ``python -m tests.protocol.make_golden``.

A file that exists is never written again. If the wire changes, the version rises and a new file is made; the old one
stays, and the tests go on reading it for as long as its version is spoken.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from inference_client.protocol.handshake import ServerInfo
from inference_client.protocol.versions import PROTOCOL_VERSION
from tests.protocol.sessions import Session, ours, written

FOLDER = Path(__file__).parent / "golden"


def say(sender: str, content: bytes | int, type_: int = 0x10, must_understand: bool = False) -> dict[str, Any]:
    given = {"size": content} if isinstance(content, int) else content.hex()
    return {"from": sender, "type": type_, "payload": given, "must_understand": must_understand}


REKEY: dict[str, Any] = {"rekey": True}
HELLO, WELCOME = say("client", b'{"type":"hello"}'), say("site", b'{"type":"welcome"}')
TALK = [say("client", f"token {at}".encode()) if at % 3 else say("site", f"ack {at}".encode()) for at in range(12)]
STEPS: dict[str, list[dict[str, Any]]] = {
    "one frame": [HELLO],
    "hello and welcome": [HELLO, WELCOME],
    "an empty payload": [say("client", b""), say("site", b"")],
    "a conversation": [HELLO, WELCOME, *TALK],
    "text beyond ASCII": [HELLO, say("site", "Grüße, 漢字, 🦎".encode())],
    "253 bytes": [say("client", 253)],
    "254 bytes fill a step": [say("client", 254)],
    "255 bytes need another step": [say("client", 255)],
    "the greatest single frame": [say("client", 65_278)],
    "the smallest message in fragments": [say("client", 65_279), HELLO],
    "three fragments each way": [say("client", 150_000), say("site", 131_000)],
    "the greatest message": [say("client", 1_048_576)],
    "must understand": [say("client", b"known", must_understand=True), say("site", 70_000, must_understand=True)],
    "a rekeying": [HELLO, WELCOME, REKEY, say("client", b"new"), say("site", b"new")],
    "a rekeying before any answer": [HELLO, REKEY, WELCOME],
    "three rekeyings": [HELLO, REKEY, *TALK, REKEY, REKEY, WELCOME, *TALK],
    "fragments around a rekeying": [HELLO, say("site", 70_000), REKEY, say("site", 70_000), say("client", 70_000)],
    "enrolment": [say("client", b'{"code":"..."}', 0x03, True), say("site", b'{"type":"enrolled"}', 0x03, True), *TALK],
    "an offer of two versions": [HELLO, WELCOME],
    "another path": [HELLO, WELCOME],
}


def session(name: str, steps: list[dict[str, Any]]) -> Session:
    def secret(what: str) -> str:
        return hashlib.sha256(f"{name}: {what}".encode()).hexdigest()

    made: Session = {
        "name": name,
        "versions": [2, 1, 1] if "two versions" in name else [1, 1, 1],
        "path": "/elsewhere/ws/" if "another path" in name else "/ws/inference/",
        "client_static": secret("client"),
        "client_ephemerals": [secret(f"client {at}") for at in range(4)],
        "site_static": secret("site"),
        "site_ephemerals": [secret(f"site {at}") for at in range(4)],
        "enrolled": name != "enrolment",
        "server_time": 1_900_000_000.5,
        "steps": steps,
    }
    info = ServerInfo(enrolled=made["enrolled"], max_message=1_048_576, server_time=made["server_time"])
    made["info"] = info.model_dump_json()
    hello, answer, session_id, wire, _ = ours(made)
    made |= {"hello": hello.hex(), "answer": answer.hex(), "session_id": session_id}
    made["frames"] = [{"from": sender, "frame": written(frame)} for sender, frame in wire]
    return made


if __name__ == "__main__":
    target = FOLDER / f"v{PROTOCOL_VERSION}.json"
    if target.exists():
        sys.exit(f"{target} exists and is kept as it is")
    target.write_text(json.dumps([session(*item) for item in STEPS.items()], indent=1) + "\n", encoding="ascii")
