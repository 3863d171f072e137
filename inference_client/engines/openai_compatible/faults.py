"""What can go wrong with an upstream, in words that say what to do. Nothing an upstream sends enters them: it may echo text
of a conversation.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx

from inference_client.engines.base import Error

MOST_PATIENCE: Final = 60.0
"""Seconds of ``Retry-After`` that are believed."""


class Fault(Exception):
    """One run or question that failed. ``wait``: seconds after which the upstream wants to be asked again."""

    def __init__(self, code: str, detail: str, *, retry: bool = False, wait: float | None = None) -> None:
        self.code = code
        self.detail = detail
        self.retry = retry
        self.wait = wait
        super().__init__(detail)

    def event(self, run: int) -> Error:
        return Error(run, self.code, self.detail, self.retry)


class ContextFull(Fault):
    """The prompt does not fit. ``tokens`` it has and ``context`` there is, where the upstream told them, else 0."""

    def __init__(self, tokens: int, context: int) -> None:
        figures = f": {tokens} tokens of at most {context}" if tokens and context else ""
        detail = f"the message is too long for this model{figures}; shorten it"
        super().__init__("prompt_too_long", detail)
        self.tokens = tokens
        self.context = context


def away(host: str, error: httpx.HTTPError | None = None) -> Fault:
    reason = f" ({type(error).__name__})" if error is not None else ""
    return Fault("upstream_away", f"the upstream {host} does not answer{reason}; is it running?", retry=True)


def untrusted(host: str) -> Fault:
    detail = f"the certificate of the upstream {host} is not trusted; name its authority's file in SSL_CERT_FILE"
    return Fault("upstream_untrusted", detail, retry=True)


def silent(host: str, seconds: float) -> Fault:
    detail = f"the upstream {host} sent nothing for {seconds:g} s; look at its log, or raise its timeouts"
    return Fault("upstream_silent", detail, retry=True)


def cut(host: str) -> Fault:
    return Fault("upstream_cut", f"the upstream {host} broke off in the middle of the answer; see its log", retry=True)


def garbled(host: str, what: str) -> Fault:
    detail = f"the upstream {host} sent {what}; check that base_url is an OpenAI-compatible server, and update it"
    return Fault("upstream_garbled", detail, retry=True)


def too_much(host: str, what: str) -> Fault:
    return Fault("upstream_too_much", f"the upstream {host} sent {what}; this was cut off", retry=True)


def refusal(host: str, model: str, status: int, headers: Mapping[str, str], body: object) -> Fault:
    """The fault behind an answer other than 200. ``body``: its JSON, if it was JSON."""
    if 300 <= status < 400:
        detail = f"the upstream {host} sends elsewhere (HTTP {status}); set base_url to the address it really has"
        return Fault("upstream_moved", detail, retry=True)
    if status in (401, 403):
        detail = f"the upstream {host} refuses the API key (HTTP {status}); set the right one in the configuration"
        return Fault("upstream_key", detail, retry=True)
    error = error_object(body)
    if status in (400, 413, 422, 500) and (full := _context_full(error)) is not None:
        return full
    if status == 404:
        detail = f"the upstream {host} does not know {model or 'this address'} (HTTP 404); see its list of models"
        return Fault("model_missing", detail, retry=True)
    if status in (429, 503):
        detail = f"the upstream {host} has too much to do or is loading (HTTP {status}); lower slots if this stays"
        return Fault("upstream_busy", detail, retry=True, wait=_retry_after(headers))
    if status >= 500:
        return Fault("upstream_failed", f"the upstream {host} failed (HTTP {status}); see its log", retry=True)
    kind = error.get("type") or error.get("code")
    word = f", {kind}" if isinstance(kind, str) and re.fullmatch(r"[A-Za-z_]{1,40}", kind) else ""
    detail = f"the upstream {host} refuses this request (HTTP {status}{word}); see its log for the reason"
    return Fault("upstream_refused", detail)


def in_stream(host: str, body: object) -> Fault:
    """The fault behind an error object in the middle of a stream that began with HTTP 200."""
    error = error_object(body)
    status = error.get("code")
    if isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600:
        return refusal(host, "", status, {}, body)
    full = _context_full(error)
    return full or Fault("upstream_failed", f"the upstream {host} failed in mid-answer; see its log", retry=True)


def error_object(body: object) -> Mapping[str, Any]:
    """OpenAI's error object, or the plain forms some servers use."""
    if not isinstance(body, dict):
        return {}
    error = body.get("error", body)
    if isinstance(error, dict):
        return error
    return {"message": error} if isinstance(error, str) else {}


_FULL: Final = re.compile(
    r"context (size|length|window)|maximum (model )?length|exceed\w* the (available )?context|context_length_exceeded"
    r"|too long for|input is too (long|large)",
    re.IGNORECASE,
)
_PROMPT: Final = re.compile(
    r"(\d+) (?:input tokens|in the messages|tokens from the input messages)|request \((\d+) tokens"
)
_CONTEXT: Final = re.compile(r"context (?:length|size)(?: of| is)?(?: only)? \(?(\d+)")


def _context_full(error: Mapping[str, Any]) -> ContextFull | None:
    message = error.get("message")
    text = message[:4000] if isinstance(message, str) else ""
    known = error.get("type") == "exceed_context_size_error" or error.get("code") == "context_length_exceeded"
    if not known and not _FULL.search(text):
        return None
    prompt, context = _PROMPT.search(text), _CONTEXT.search(text)
    tokens = _number(error.get("n_prompt_tokens")) or (int(prompt[1] or prompt[2]) if prompt else 0)
    return ContextFull(tokens, _number(error.get("n_ctx")) or (int(context[1]) if context else 0))


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else 0


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after", "").strip()
    return min(MOST_PATIENCE, float(value)) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value) else None
