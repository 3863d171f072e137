"""What is in a log line, and what never is."""

import io
import json
import logging
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from meatlizard.ops.logs import REDACTED, current_request_id, formatter, request_id

CANARY = "canary-7f3a9c"


class Lines:
    """A logger of its own and the lines it has written."""

    def __init__(self, form: str) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(formatter(form))
        self.log = logging.Logger("tests.logs")  # noqa: LOG001  (no place in the tree of loggers)
        self.log.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return line


@pytest.fixture(params=["json", "console"])
def lines(request: pytest.FixtureRequest) -> Lines:
    return Lines(request.param)


SECRETS = [
    "token", "access_token", "secret", "client_secret", "password", "new_password", "key", "private_key", "api_key",
    "authorization", "Authorization", "cookie", "session_key", "sessionkey", "csrftoken", "prompt", "system_prompt",
    "content", "text", "body", "html", "otp", "passphrase", "credentials",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_values_under_telling_names_are_taken_out(lines: Lines, name: str) -> None:
    lines.log.info("something.happened", extra={name: CANARY, "node": "n1"})
    assert CANARY not in lines.text
    assert "n1" in lines.text


def test_at_any_depth(lines: Lines) -> None:
    lines.log.info("x", extra={"data": {"list": [{"token": CANARY}], "deep": {"a": {"b": {"c": {"d": CANARY}}}}}})
    assert CANARY not in lines.text


def test_pairing_codes_are_and_error_codes_are_not() -> None:
    lines = Lines("json")
    lines.log.info("x", extra={"code": "K7QD-2MZA-XH3T-PB5R"})
    assert lines.last["code"] == REDACTED
    lines.log.info("x", extra={"code": "bad_frame", "completion_tokens": 12, "status_code": 404})
    assert (lines.last["code"], lines.last["completion_tokens"], lines.last["status_code"]) == ("bad_frame", 12, 404)


@pytest.mark.parametrize(
    "message",
    [
        f"Authorization: Bearer {CANARY}",
        f"GET /x?token={CANARY}&a=b",
        f"password={CANARY}",
        f"cookie sessionid={CANARY}",
        f"Forbidden: /chat/shared/{CANARY}-{CANARY}/",
        f"Not Found: /chat/transcripts/link/{CANARY}:1vPabc:{CANARY}/html/",
        f'api_key: "{CANARY}"',
    ],
)
def test_what_looks_like_a_secret_in_a_message_is_taken_out(lines: Lines, message: str) -> None:
    lines.log.warning(message)
    lines.log.warning("it said %s", message)
    assert CANARY not in lines.text


def test_bytes_are_only_counted(lines: Lines) -> None:
    lines.log.info("x", extra={"frame": CANARY.encode()})
    assert CANARY not in lines.text
    assert f"{len(CANARY)} bytes" in lines.text


def test_an_exception_tells_its_place_and_no_data(lines: Lines) -> None:
    def fail(prompt: str) -> None:
        raise ValueError(f"cannot do this\nDETAIL: Key (text)=({prompt}) exists")

    try:
        fail(CANARY)
    except ValueError:
        lines.log.exception("work.failed")
    assert CANARY not in lines.text
    assert "ValueError: cannot do this" in lines.text
    assert "test_logs.py" in lines.text


def test_causes_are_told_too(lines: Lines) -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        lines.log.exception("work.failed")
    assert "KeyError" in lines.text
    assert "RuntimeError: outer" in lines.text


def test_a_refused_schema_does_not_quote_what_was_sent(lines: Lines) -> None:
    class Message(BaseModel):
        model_config = ConfigDict(extra="forbid")
        number: int

    try:
        Message.model_validate({"number": CANARY})
    except ValueError:
        lines.log.exception("message.refused")
    assert CANARY not in lines.text
    assert "validation error" in lines.text


def test_newlines_forge_no_line() -> None:
    lines = Lines("json")
    lines.log.info("a\nb", extra={"name_given": 'x"}\n{"event": "forged"'})
    assert len(lines.text.splitlines()) == 1


def test_the_request_id_is_on_every_line_within_and_none_outside(lines: Lines) -> None:
    with request_id() as value:
        assert current_request_id() == value
        lines.log.info("inside")
        assert value in lines.text
    assert current_request_id() == ""
    before = lines.text
    lines.log.info("outside")
    assert value not in lines.text[len(before) :]


def test_django_and_uvicorn_go_the_same_way() -> None:
    from django.conf import settings

    loggers = settings.LOGGING["loggers"]
    for name in ("django", "django.server", "uvicorn"):
        assert loggers[name]["handlers"] == []
        assert loggers[name]["propagate"]
