"""A model from Hugging Face, or from a mirror (``HF_ENDPOINT``), complete and verified or not at all.

An interrupted download goes on where it stopped (HTTP Range). The size and the SHA-256 come from the hub's
``X-Linked-Size`` and ``X-Linked-Etag``.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from inference_client import __version__
from inference_client.problems import Exit, Problem

ENDPOINT: Final = "https://huggingface.co"
ATTEMPTS: Final = 5
TIMEOUT_SECONDS: Final = 30.0
SPARE_BYTES: Final = 256 * 1024**2
"""Left free on the disk."""

_REPO: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_FILE: Final = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)*[A-Za-z0-9][\w.-]*\.gguf", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Remote:
    """What the hub says about a file. ``sha256`` is empty for one it keeps in git itself."""

    url: str
    size: int
    sha256: str


def fetch(repo: str, file: str, folder: Path, report: Report = lambda done, total: None) -> Path:
    """The file's path below ``folder``; downloads what is missing. ``report`` gets bytes done and in all.

    Raises Problem ``download_...``; what was loaded stays for the next time unless it is wrong.
    """
    if not _REPO.fullmatch(repo) or not _FILE.fullmatch(file):
        message = f"{repo!r} with {file!r} names no model; it looks like --hf-repo owner/name --hf-file model.gguf"
        raise Problem("download_name", message, Exit.DOWNLOAD)
    target = folder / repo.replace("/", "--") / file
    part = target.with_name(target.name + ".part")
    base = os.environ.get("HF_ENDPOINT", "").rstrip("/") or ENDPOINT
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True, headers=_headers()) as client:
            try:
                remote = _look(client, f"{base}/{repo}/resolve/main/{file}")
            except Problem as problem:
                if problem.code in ("download_unreachable", "download_failed") and target.exists():
                    # Whole and verified when it was put there; the hub need not be awake for a machine to start.
                    return target
                raise
            if target.exists() and target.stat().st_size == remote.size:
                return target
            _require_room(target.parent, remote.size - _size(part))
            _load(client, remote, part, report)
        _verify(part, remote)
        part.replace(target)
    except OSError as error:
        raise _disk(error, target.parent) from None
    return target


def _headers() -> dict[str, str]:
    # Compressed answers would make Range and sizes mean something else.
    headers = {"User-Agent": f"meatlizard-client/{__version__}", "Accept-Encoding": "identity"}
    token = os.environ.get("HF_TOKEN")
    return headers | ({"Authorization": f"Bearer {token}"} if token else {})


def _look(client: httpx.Client, url: str) -> Remote:
    try:
        # The hub's own answer names the file's hash; the store it redirects to does not.
        answer = client.head(url, follow_redirects=False)
    except httpx.HTTPError as error:
        raise _unreachable(url, error) from None
    if answer.status_code in (401, 403):
        message = f"{url} needs permission: accept the model's terms on its page, then set HF_TOKEN"
        raise Problem("download_forbidden", message, Exit.DOWNLOAD)
    if answer.status_code == 404:
        raise Problem("download_missing", f"there is no {url}; check --hf-repo and --hf-file", Exit.DOWNLOAD)
    if answer.status_code >= 400:
        raise Problem("download_failed", f"{url} answers HTTP {answer.status_code}; try later", Exit.DOWNLOAD)
    size = answer.headers.get("X-Linked-Size") or answer.headers.get("Content-Length") or ""
    etag = (answer.headers.get("X-Linked-Etag") or "").removeprefix("W/").strip('"').lower()
    if not size.isdecimal():
        raise Problem("download_failed", f"{url} does not say how long the file is", Exit.DOWNLOAD)
    return Remote(url, int(size), etag if _SHA256.fullmatch(etag) else "")


def _load(client: httpx.Client, remote: Remote, part: Path, report: Report) -> None:
    """Appends to ``part`` until it has the file's size."""
    problem: Exception | None = None
    for _ in range(ATTEMPTS):
        if _size(part) > remote.size:
            part.unlink()
        if _size(part) == remote.size:
            return
        try:
            _append(client, remote, part, report)
        except httpx.HTTPError as error:
            problem = error
    if _size(part) == remote.size:
        return
    why = f" ({type(problem).__name__})" if problem else ""
    missing = remote.size - _size(part)
    raise Problem(
        "download_truncated",
        f"the download broke off {ATTEMPTS} times{why}, {missing:,} bytes are missing; start again to go on from there",
        Exit.DOWNLOAD,
    )


def _append(client: httpx.Client, remote: Remote, part: Path, report: Report) -> None:
    have = _size(part)
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.stream("GET", remote.url, headers=headers) as answer:
        answer.raise_for_status()
        goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        with part.open("ab" if goes_on else "wb") as file:
            done = have if goes_on else 0
            # As they arrive: blocks of a fixed size would lose what came before the connection broke.
            for block in answer.iter_raw():
                file.write(block)
                done += len(block)
                report(done, remote.size)


def _verify(part: Path, remote: Remote) -> None:
    if not remote.sha256:
        return
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != remote.sha256:
        part.unlink()
        raise Problem(
            "download_corrupt",
            f"{remote.url} arrived changed (SHA-256 {digest[:12]}… instead of {remote.sha256[:12]}…) and was deleted; "
            "download it again, from another mirror if it stays so",
            Exit.DOWNLOAD,
        )


def _require_room(folder: Path, octets: int) -> None:
    free = shutil.disk_usage(folder).free
    if octets + SPARE_BYTES > free:
        message = f"the download needs {octets / 1024**3:.2f} GiB, {free / 1024**3:.2f} GiB are free at {folder}"
        raise Problem("download_disk_full", message, Exit.DOWNLOAD)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _unreachable(url: str, error: Exception) -> Problem:
    return Problem("download_unreachable", f"{url} cannot be reached ({type(error).__name__})", Exit.DOWNLOAD)


def _disk(error: OSError, folder: Path) -> Problem:
    if error.errno == errno.ENOSPC:
        message = f"the disk of {folder} is full; make room and start again, the download goes on where it stopped"
        return Problem("download_disk_full", message, Exit.DOWNLOAD)
    return Problem("download_failed", f"{folder} cannot be written: {error.strerror or error}", Exit.DOWNLOAD)
