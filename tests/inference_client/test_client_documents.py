"""docs/INFERENCE_CLIENT.md says what the client has: every key, command, option and exit code."""

import argparse
import re
from collections.abc import Iterator

import pytest

from inference_client.commands import parser
from inference_client.config import Client, Limits, Model, Section, Upstream, UpstreamTimeouts
from inference_client.problems import Exit
from tests.test_architecture import ROOT

TEXT = (ROOT / "docs/INFERENCE_CLIENT.md").read_text()


def part(heading: str) -> str:
    """The text below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}.*?\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


@pytest.mark.parametrize(
    ("heading", "section"),
    [("`[client]`", Client), ("`[limits]`", Limits), ("`[[model]]`", Model), ("`[upstream.NAME]`", Upstream)],
)
def test_every_key_is_documented_in_its_section_and_no_other_is(heading: str, section: type[Section]) -> None:
    rows = re.findall(r"^\| (`[^|]*`) \|", part(heading), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(section.model_fields) - {"timeouts"}


def test_every_timeout_is_documented_with_its_default() -> None:
    for name, field in UpstreamTimeouts.model_fields.items():
        assert re.search(rf"`{name}` \({field.default:g}\b", TEXT), name


def commands(whole: argparse.ArgumentParser, prefix: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command's words and parser."""
    for action in whole._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, found in action.choices.items():
                inner = list(commands(found, f"{prefix}{name} "))
                yield from inner or [(f"{prefix}{name}", found)]


ALL = dict(commands(parser()))


@pytest.mark.parametrize("command", sorted(ALL))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"^\| `{command}( [^`]*)?` \|", part("Commands"), re.MULTILINE)


def test_no_command_is_documented_that_is_not_there() -> None:
    rows = re.findall(r"^\| `([a-z][a-z -]*?)(?: [A-Z\[][^`]*)?` \|", part("Commands"), re.MULTILINE)
    assert set(rows) == set(ALL)


@pytest.mark.parametrize("command", sorted(ALL))
def test_every_option_is_documented(command: str) -> None:
    options = {name for action in ALL[command]._actions for name in action.option_strings} - {"-h", "--help"}
    missing = {name for name in options if not re.search(rf"{name}\b", part("Commands"))}
    assert not missing


def test_every_exit_code_is_documented() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (\w+)", part("Exit codes"), re.MULTILINE))
    assert {int(number) for number in rows} == {int(code) for code in Exit} | {1, 2}
    for code in Exit:
        words = code.name.lower().replace("_", " ")
        assert rows[str(int(code))] == words.split(" ")[0], f"{int(code)} is {words}"
