"""Nonces are made in one place: no other module of the repository calls the cipher."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "inference_client/protocol/aead.py",
    # Secrets of the site in its own database, each under a nonce of chance; no part of the link.
    "meatlizard/security/sealed.py",
    # Files of the site in its own storage, each under a key of its own with counted nonces; no part of the link.
    "meatlizard/security/sealed_files.py",
    # The second, independent reader of the wire: it would prove nothing if it used the module under test.
    "tests/protocol/reader.py",
    # A second, independent PrivateBin: what browsers seal is another format, and no part of the link.
    "tests/paste/sealed/sealing.py",
}
NOT_OURS = {".venv", ".git", "node_modules", "var", ".mypy_cache", ".ruff_cache", ".pytest_cache", "__pycache__"}
CALL = re.compile(
    r"\bAESGCM\s*\(|\bAESGCM(?:SIV)?\b.*\bas\b|\bmodes\.(?:GCM|CTR|CBC|ECB)\b|\bAESGCMSIV\b|ChaCha20Poly1305"
)


def modules() -> list[Path]:
    """Every Python file of the repository, other people's folders left out."""
    found = []
    folders = [ROOT]
    while folders:
        for entry in folders.pop().iterdir():
            if entry.is_dir() and entry.name not in NOT_OURS and not (entry / "pyvenv.cfg").exists():
                folders.append(entry)
            elif entry.suffix == ".py":
                found.append(entry)
    return found


def test_exactly_one_module_calls_the_cipher() -> None:
    found = modules()
    assert ROOT / "inference_client/protocol/aead.py" in found
    itself = Path(__file__).resolve()
    calling = {
        path.relative_to(ROOT).as_posix()
        for path in found
        if path.resolve() != itself and CALL.search(path.read_text(encoding="utf-8"))
    }
    assert calling == ALLOWED


def test_the_search_finds_a_second_caller() -> None:
    for line in ("AESGCM(key)", "AESGCM (key)", "from x import AESGCM as A", "Cipher(algorithms.AES(k), modes.GCM(n))"):
        assert CALL.search(line)
    for line in ("from cryptography.hazmat.primitives.ciphers.aead import AESGCM", "Noise_IK_25519_AESGCM_SHA256"):
        assert not CALL.search(line)


def test_the_protocol_imports_no_framework_no_socket_and_no_clock() -> None:
    forbidden = re.compile(
        r"^\s*(?:from|import) +(?:django|channels|chat|meatlizard|socket|asyncio|time|datetime|websockets)\b",
        re.MULTILINE,
    )
    for path in (ROOT / "inference_client" / "protocol").glob("*.py"):
        assert not forbidden.search(path.read_text(encoding="utf-8")), path.name
