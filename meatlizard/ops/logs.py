"""Structured logs: one line an event, with the request's id, and without what must never be in a log.

Everything goes through the standard library's ``logging``; structlog renders it, as JSON or for a developer's eyes.
Values under telling names (token, key, prompt, content ...) are replaced; of an exception its type, its place and the first line of
its message are kept, since further lines often quote the data (PostgreSQL's DETAIL, pydantic's input values).
"""

import contextvars
import re
import secrets
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

REDACTED = "[redacted]"
MAX_MESSAGE = 300
MAX_FRAMES = 30

_SECRET = re.compile(
    r"token|secret|passw|passphrase|authori[sz]ation|cookie|session_?key|csrf|credential|prompt|content|(^|_)(key|code|text|body|html|otp)$",
    re.IGNORECASE,
)
_CODES = frozenset({"code", "error_code", "close_code", "content_type"})
"""Names that match and hold codes of errors; a value under them is kept when it looks like one (and unlike a pairing code)."""

_CODE = re.compile(r"[a-z][a-z0-9_./;= -]{1,60}")
_IN_TEXT = re.compile(
    r"(?i)((?:\b(?:bearer|basic|token|secret|password|api[_-]?key|authorization|cookie|session(?:id|_key)?|csrf\w*"
    r"|private[_-]?key)\b\s*[=:]?\s*)+)([\"']?)[^\s\"',;&]{6,}"
)
_IN_PATH = re.compile(r"(/(?:shared|transcripts/link)/)[^\s/]{16,}")
"""Addresses that are secrets themselves: who knows one may read what is there."""

_QUOTED_INPUT = re.compile(r"input_value=.*", re.DOTALL)

_request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


def current_request_id() -> str:
    """Id of the request under way, empty outside of one. It travels on generations, so that logs of both ends meet."""
    return _request_id.get()


@contextmanager
def request_id(value: str = "") -> Iterator[str]:
    """Gives the block a request id of its own, new unless ``value`` is one of ours."""
    value = value or secrets.token_hex(8)
    mark = _request_id.set(value)
    try:
        yield value
    finally:
        _request_id.reset(mark)


def logging_config(form: str, level: str, folder: Path | None = None) -> dict[str, Any]:
    """LOGGING for Django. ``form`` is ``json`` or ``console``; files in ``folder`` (None: none) are JSON."""
    files = {
        f"file_{kind}": {
            "()": "meatlizard.logs.files.DailyFiles", "folder": str(folder), "kind": kind, "formatter": "lines",
        }
        for kind in (("app", "error", "debug") if level == "DEBUG" else ("app", "error"))
        if folder is not None
    }  # fmt: skip
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {"()": "meatlizard.ops.logs.formatter", "form": form},
            "lines": {"()": "meatlizard.ops.logs.formatter", "form": "json"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}, **files},
        "root": {"handlers": ["console", *files], "level": level},
        # Django and uvicorn bring handlers of their own; all lines take this one way.
        "loggers": {
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.server": {"level": level, "handlers": [], "propagate": True},
            "django.db.backends": {"level": "INFO"},
            "uvicorn": {"level": "WARNING", "handlers": [], "propagate": True},
            # Named, since naming the one above undoes what uvicorn's own switch for it has done, and lines would be put together for nobody.
            "uvicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},
            "asyncio": {"level": "WARNING"},
        },
    }


def formatter(form: str) -> structlog.stdlib.ProcessorFormatter:
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=True, default=str)
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[
            add_request_id,
            render_exception,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
    )


def add_request_id(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if value := current_request_id():
        event["request_id"] = value
    return event


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: takes out values under telling names, at any depth, and what looks like a secret within texts."""
    # Django hands the whole request to its error logger; its rendering would carry the query string.
    request = event.pop("request", None)
    if request is not None and hasattr(request, "path"):
        event["path"] = request.path
        event["http_method"] = getattr(request, "method", "")
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any, depth: int = 0) -> Any:
    if _SECRET.search(name) and not _is_harmless(name, value):
        return REDACTED
    if isinstance(value, dict):
        return {str(key): _clean(str(key), item, depth + 1) for key, item in value.items()} if depth < 4 else REDACTED
    if isinstance(value, list | tuple):
        return [_clean(name, item, depth + 1) for item in value] if depth < 4 else REDACTED
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, str):
        return _without_secrets(value)
    return value


def _is_harmless(name: str, value: Any) -> bool:
    if value is None or isinstance(value, bool | int | float):
        return True
    return name in _CODES and isinstance(value, str) and _CODE.fullmatch(value) is not None


def _without_secrets(text: str) -> str:
    return _IN_PATH.sub(rf"\1{REDACTED}", _IN_TEXT.sub(rf"\1\2{REDACTED}", text))


def render_exception(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: turns ``exc_info`` into text without local variables, source lines or quoted data."""
    record = event.get("_record")
    info = event.pop("exc_info", None) or (record.exc_info if record is not None else None)
    if record is not None:
        # The formatter would append its own rendering, with all of the message.
        record.exc_info = record.exc_text = None
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def describe(error: BaseException) -> str:
    """Type, place and the first line of the message of ``error`` and of its causes."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-MAX_FRAMES:]
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        lines.append(f"{type(current).__qualname__}: {_first_line(current)}")
        if isinstance(current, BaseExceptionGroup):
            lines += [f"  + {describe(member)}" for member in current.exceptions[:5]]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines)


def _first_line(error: BaseException) -> str:
    text = str(error).split("\n", 1)[0]
    return _without_secrets(_QUOTED_INPUT.sub(REDACTED, text))[:MAX_MESSAGE]
