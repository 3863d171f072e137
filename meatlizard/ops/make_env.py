"""Makes ``.env`` with generated secrets, readable by its owner only; completes one that lacks some.

Run by ``make run`` before Django can be: ``python meatlizard/ops/make_env.py [path]``. Values that are there already are never changed.
"""

import base64
import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

HEAD = "# Settings of this site; .env.example explains every one. Keep this file secret, and keep a copy of it: without\n" \
       "# INFERENCE_SERVER_KEY every inference client has to be paired again.\n"  # fmt: skip


def secret_key() -> str:
    return secrets.token_urlsafe(48)


def server_key() -> str:
    """Base64 of an X25519 private key: any 32 random bytes are one."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


GENERATED: dict[str, Callable[[], str]] = {"SECRET_KEY": secret_key, "INFERENCE_SERVER_KEY": server_key}


def complete(text: str) -> str:
    """``text`` of a ``.env`` file with every missing secret added at the end. A secret given as a file (``_FILE``) is not missing."""
    present = set(re.findall(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=\S", text, re.MULTILINE))
    missing = [name for name in GENERATED if name not in present and f"{name}_FILE" not in present]
    # A line that is there with nothing behind it would win over the generated one.
    lines = [line for line in text.splitlines() if line.strip() not in {f"{name}=" for name in missing}]
    return "".join(f"{line}\n" for line in [*lines, *(f"{name}={GENERATED[name]()}" for name in missing)])


def write(path: Path) -> bool:
    """Makes or completes the file at ``path``; whether there was anything to do. Never leaves half a file."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = complete(before or HEAD)
    if path.exists():
        path.chmod(0o600)
    if after == before:
        return False
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return True


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[2] / ".env"
    if write(path):
        print(f"Wrote {path} with generated secrets.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
