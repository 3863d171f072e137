"""What others sent is shown, and steers nothing."""

import logging

from inference_client.log_lines import Plain


def line(message: str, *arguments: object) -> str:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, message, arguments, None)
    return Plain().format(record)


def test_a_plain_message_stands_as_it_is() -> None:
    assert line("connected to %s as %s", "https://x.org", "Müllers Mac 🦎").endswith(
        "INFO connected to https://x.org as Müllers Mac 🦎"
    )


def test_a_name_with_an_escape_or_a_line_feed_neither_steers_the_terminal_nor_begins_a_line() -> None:
    shown = line("connected as %s", "mac\x1b]0;owned\x07\x9b2J\n2026-01-01 ERROR forged\rx")
    assert "\x1b" not in shown and "\x07" not in shown and "\x9b" not in shown and "\r" not in shown
    assert "\n    2026-01-01 ERROR forged" in shown
