"""A model from Hugging Face, or from a mirror (``HF_ENDPOINT``), complete and verified or not at all.

An interrupted download goes on where it stopped (HTTP Range). The size and the SHA-256 come from the hub's
``X-Linked-Size`` and ``X-Linked-Etag``.
"""

import errno
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from inference_client import __version__, downloads
from inference_client.engines.base import EngineError
from inference_client.engines.llama_cpp import gguf
from inference_client.problems import Exit, Problem

ENDPOINT: Final = "https://huggingface.co"
ATTEMPTS: Final = 5
WORTH_BYTES: Final = 1024**2
PAUSE_SECONDS: Final = 1.0
TIMEOUT_SECONDS: Final = 30.0
MOST_PARTS: Final = 1000
SPARE_BYTES: Final = 256 * 1024**2
"""Left free on the disk."""

_REPO: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_FILE: Final = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)*[A-Za-z0-9][\w.-]*\.gguf", re.ASCII)
_PART: Final = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Remote:
    """What the hub says about a file. ``sha256`` is empty for one it keeps in git itself."""

    url: str
    size: int
    sha256: str


def place(repo: str, file: str, folder: Path) -> Path:
    """Where ``fetch`` puts it. Raises Problem ``download_name``."""
    if not _REPO.fullmatch(repo) or not _FILE.fullmatch(file):
        message = f"{repo!r} with {file!r} names no model; it looks like owner/name and model.gguf"
        raise Problem("download_name", message, Exit.DOWNLOAD)
    return folder / repo.replace("/", "--") / parts(file)[0]


def parts(file: str) -> list[str]:
    """All files of a model that is cut in several, whichever of them ``file`` is; itself alone otherwise."""
    found = _PART.fullmatch(file)
    if not found:
        return [file]
    count = int(found[3])
    if not 1 <= int(found[2]) <= count <= MOST_PARTS:
        raise Problem("download_name", f"{file!r} is no part of a model; check --hf-file", Exit.DOWNLOAD)
    return [f"{found[1]}-{number:05d}-of-{found[3]}.gguf" for number in range(1, count + 1)]


def fetch(repo: str, file: str, folder: Path, report: Report = lambda done, total: None) -> Path:
    """The path below ``folder`` of the file, or of the first of its parts; downloads what is missing.

    ``report`` gets bytes done and in all. Raises Problem ``download_...``; what was loaded stays for the next time unless
    it is wrong.
    """
    first = place(repo, file, folder)
    base = os.environ.get("HF_ENDPOINT", "").rstrip("/") or ENDPOINT
    targets = [folder / repo.replace("/", "--") / name for name in parts(file)]
    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True, headers=_headers()) as client:
        try:
            remotes = [_look(client, f"{base}/{repo}/resolve/main/{name}") for name in parts(file)]
        except Problem as problem:
            if problem.code in ("download_unreachable", "download_failed") and all(map(Path.exists, targets)):
                # Whole and verified when it was put there; the hub need not be awake for a machine to start.
                return first
            raise
        wanted = [item for item in zip(remotes, targets, strict=True) if _size(item[1]) != item[0].size]
        total = sum(remote.size for remote in remotes)
        before = total - sum(remote.size for remote, _ in wanted)
        if wanted:
            missing = sum(max(0, remote.size - _size(_part(target))) for remote, target in wanted)
            _require_room(first.parent, missing)
        for remote, target in wanted:
            _fetch_one(client, remote, target, lambda done, _, before=before: report(before + done, total))  # type: ignore[misc]
            downloads.note(folder, target, downloads.Source(repo=repo, sha256=remote.sha256, size=remote.size))
            before += remote.size
    return first


def _fetch_one(client: httpx.Client, remote: Remote, target: Path, report: Report) -> None:
    part = _part(target)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(part):
            _load(client, remote, part, report)
            _verify(part, remote)
            part.replace(target)
    except OSError as error:
        raise _disk(error, target.parent, remote.size - _size(part)) from None


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Two programs that write one file would both spoil it. Raises Problem ``download_busy``."""
    with part.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another program downloads {part.name.removesuffix('.part')} already; wait for it"
            raise Problem("download_busy", message, Exit.DOWNLOAD) from None
        try:
            yield
        finally:
            if part.is_file() and not part.stat().st_size:
                part.unlink()


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


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
    etag = answer.headers.get("X-Linked-Etag") or answer.headers.get("ETag") or ""
    etag = etag.removeprefix("W/").strip('"').lower()
    size = answer.headers.get("X-Linked-Size") or ""
    if not size and answer.is_redirect:
        # A mirror that sends on without a word: the length it tells is that of its own answer.
        size = _length(client, url)
    size = size or answer.headers.get("Content-Length") or ""
    if not size.isdecimal():
        raise Problem("download_failed", f"{url} does not say how long the file is", Exit.DOWNLOAD)
    return Remote(url, int(size), etag if _SHA256.fullmatch(etag) else "")


def _length(client: httpx.Client, url: str) -> str:
    try:
        answer = client.head(url)
    except httpx.HTTPError as error:
        raise _unreachable(url, error) from None
    return str(answer.headers.get("Content-Length", "")) if answer.is_success else "unknown"


def _load(client: httpx.Client, remote: Remote, part: Path, report: Report) -> None:
    """Appends to ``part`` until it has the file's size."""
    problem: Exception | None = None
    vain = 0
    while vain < ATTEMPTS:
        before = _size(part)
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
        # One that brings something is none in vain: a long download over a bad line breaks often.
        vain = 0 if _size(part) - before >= WORTH_BYTES else vain + 1
        time.sleep(PAUSE_SECONDS * vain)
    why = f" ({type(problem).__name__})" if problem else ""
    missing = remote.size - _size(part)
    raise Problem(
        "download_truncated",
        f"the download broke off {ATTEMPTS} times in a row{why}, {missing:,} bytes are missing; start again to go on from there",
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
    """What is not what it should be is deleted: going on from it would never make it right."""
    if remote.sha256:
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != remote.sha256:
            part.unlink()
            raise Problem(
                "download_corrupt",
                f"{remote.url} arrived changed (SHA-256 {digest[:12]}… instead of {remote.sha256[:12]}…) and was "
                "deleted; download it again, from another mirror if it stays so",
                Exit.DOWNLOAD,
            )
    try:
        gguf.read(part)
    except EngineError as error:
        part.unlink()
        why = error.detail.replace(str(part), remote.url)
        raise Problem("download_foreign", f"{why} (it was deleted here)", Exit.DOWNLOAD) from None


def _require_room(folder: Path, octets: int) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise _disk(error, folder, octets) from None
    if octets + SPARE_BYTES > free:
        message = f"the download needs {octets / 1024**3:.2f} GiB, {free / 1024**3:.2f} GiB are free at {folder}"
        raise Problem("download_disk_full", message, Exit.DOWNLOAD)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _unreachable(url: str, error: Exception) -> Problem:
    return Problem("download_unreachable", f"{url} cannot be reached ({type(error).__name__})", Exit.DOWNLOAD)


def _disk(error: OSError, folder: Path, missing: int) -> Problem:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        message = (
            f"the disk of {folder} is full; {missing:,} bytes ({missing / 1024**3:.2f} GiB) are missing. Make room and "
            "start again, the download goes on where it stopped"
        )
        return Problem("download_disk_full", message, Exit.DOWNLOAD)
    return Problem("download_failed", f"{folder} cannot be written: {error.strerror or error}", Exit.DOWNLOAD)
