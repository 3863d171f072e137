"""``python -I -B child.py ROOT URL FOLDER PORT MOST`` with the proxy's address on its input: fetches one video into FOLDER, and says in
``result.json`` what it found. Runs without anything of the site's; of the network it reaches the proxy at PORT alone, starts no program,
and opens no file but its own and Python's.
"""

import contextlib
import json
import os
import resource
import site
import sys
import sysconfig
from pathlib import Path
from typing import Any

MEMORY = 2 << 30
CPU_SECONDS = 1800
FORBIDDEN = (
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.startfile", "pty.spawn",
    "ctypes.dlopen", "ctypes.dlsym", "ctypes.call_function", "socket.bind", "socket.sendto", "socket.sendmsg", "os.symlink", "os.link",
)  # fmt: skip
CHANGING = {
    "os.rename": 2, "os.remove": 1, "os.rmdir": 1, "os.mkdir": 1, "os.truncate": 1, "os.chmod": 1, "os.chown": 1, "os.utime": 1,
    "os.setxattr": 1, "os.removexattr": 1,
}  # fmt: skip
"""What changes files without opening them, with how many paths it names."""

READABLE = (
    "/etc/ssl",
    "/etc/mime.types",
    "/usr/share/zoneinfo",
    "/usr/lib/ssl",
    "/usr/share/ca-certificates",
    "/dev/null",
    "/dev/urandom",
)


def confine(folder: Path, port: int, most: int) -> None:
    """From here on for good: what Python has been told to watch over cannot be taken back."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    paths = sysconfig.get_paths()
    code = {
        paths["stdlib"],
        paths["platstdlib"],
        paths["purelib"],
        paths["platlib"],
        *site.getsitepackages(),
        *sys.path,
    }
    readable = tuple(os.path.realpath(path) for path in code if path) + READABLE
    own = os.path.realpath(folder)

    def within(path: str, places: tuple[str, ...]) -> bool:
        return any(path == place or path.startswith(place + os.sep) for place in places)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            raise PermissionError(f"{event} is not for this program")
        if event == "socket.connect":
            if tuple(arguments[1][:2]) != ("127.0.0.1", port):
                raise PermissionError("the proxy is the only way out")
        elif event == "socket.getaddrinfo":
            if arguments[0] not in ("127.0.0.1", b"127.0.0.1"):
                raise PermissionError("the proxy looks names up")
        elif event in ("socket.gethostbyname", "socket.gethostbyaddr"):
            raise PermissionError("the proxy looks names up")
        elif event in CHANGING:
            for named in arguments[: CHANGING[event]]:
                if not isinstance(named, int) and not within(os.path.realpath(os.fsdecode(named)), (own,)):
                    raise PermissionError("this file is not for this program")
        elif event == "open" and not isinstance(arguments[0], int):
            path, mode, flags = os.path.realpath(os.fsdecode(arguments[0])), arguments[1], arguments[2]
            writes = any(sign in (mode or "") for sign in "wax+") or bool(
                (flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            if not within(path, (own,)) and (writes or not within(path, readable)):
                raise PermissionError("this file is not for this program")

    sys.addaudithook(watch)


def fetch(url: str, folder: Path, proxy: str, most: int) -> dict[str, Any]:
    import yt_dlp

    said = folder / "progress.json"
    state = {"got": 0, "size": 0, "before": 0}

    def told(what: dict[str, Any]) -> None:
        got = int(what.get("downloaded_bytes") or 0)
        state["got"], state["size"] = (
            state["before"] + got,
            state["before"] + int(what.get("total_bytes") or what.get("total_bytes_estimate") or 0),
        )
        if what.get("status") == "finished":
            state["before"] += got
        with contextlib.suppress(OSError):
            (folder / "progress.new").write_text(json.dumps(state))
            (folder / "progress.new").replace(said)

    options: dict[str, Any] = {
        "proxy": proxy, "format": "bv*+ba/b", "format_sort": ["res:2160", "vcodec:h264", "acodec:aac"], "noplaylist": True, "playlist_items": "1",
        "outtmpl": {"default": str(folder / "media" / "%(format_id).40B.%(ext)s")}, "restrictfilenames": True, "max_filesize": most, "socket_timeout": 30,
        "retries": 3, "fragment_retries": 3, "extractor_retries": 2, "cachedir": False, "quiet": True, "no_warnings": True, "noprogress": True,
        "hls_prefer_native": True, "external_downloader": {"default": "native"}, "fixup": "never", "enable_file_urls": False, "color": "never",
        "progress_hooks": [told], "match_filter": _no_stream, "logger": _Silent(), "allow_unplayable_formats": False, "updatetime": False,
    }  # fmt: skip
    with yt_dlp.YoutubeDL(options) as downloader:
        found = downloader.extract_info(url, download=True)
        found = next((one for one in found.get("entries") or [found] if one), found)
    return {
        "title": str(found.get("title") or "")[:200], "description": str(found.get("description") or "")[:20_000],
        "tags": [str(tag)[:40] for tag in (found.get("tags") or [])[:30]], "language": str(found.get("language") or "")[:12],
        "files": sorted(path.name for path in (folder / "media").glob("*") if path.suffix not in (".part", ".ytdl")),
    }  # fmt: skip


class _Silent:
    """What it says may hold addresses with secrets."""

    def debug(self, words: str) -> None: ...
    def info(self, words: str) -> None: ...
    def warning(self, words: str) -> None: ...
    def error(self, words: str) -> None: ...


def _no_stream(found: dict[str, Any], *, incomplete: bool = False) -> str | None:
    return "live" if found.get("is_live") or found.get("live_status") in ("is_live", "is_upcoming") else None


def code_of(error: BaseException) -> str:
    """Of :data:`video.importing.refusals.SENTENCES`."""
    words = str(error).lower()
    if isinstance(error, MemoryError):
        return "not_fetched"
    for code, signs in (
        (
            "import_unsupported",
            ("unsupported url", "no video formats", "no media", "requested format is not available"),
        ),
        (
            "import_closed",
            ("private", "log in", "login", "sign in", "members", "not available in your country", "geo", "drm"),
        ),
        ("import_too_large", ("file is larger", "max-filesize", "file too large")),
    ):
        if any(sign in words for sign in signs):
            return code
    return "not_fetched"


def main() -> None:
    _root, url, place, port, most = sys.argv[1:6]
    folder = Path(place)
    proxy = sys.stdin.readline().strip()
    (folder / "media").mkdir()
    confine(folder, int(port), int(most))
    try:
        result = fetch(url, folder, proxy, int(most))
        if not result["files"]:
            result = {"refused": "import_unsupported"}
    except Exception as error:  # told as a code: what yt-dlp and its extractors raise is of every kind
        result = {"refused": code_of(error)}
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
