"""Each command that a document names: ours are understood by the program they are for, and some test runs them; files, units and make's targets
that others' programs are given are there.
"""

import argparse
import contextlib
import io
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.test_architecture import ROOT, tracked
from tests.test_docs import DOCUMENTS, make_targets

OTHERS = frozenset(
    [
        "age",
        "age-keygen",
        "apt",
        "cat",
        "cd",
        "chmod",
        "chown",
        "cp",
        "curl",
        "docker",
        "done",
        "echo",
        "for",
        "git",
        "grep",
        "journalctl",
        "launchctl",
        "loginctl",
        "mkdir",
        "nginx",
        "npm",
        "openssl",
        "pastebinit",
        "pbincli",
        "pip",
        "pmset",
        "printf",
        "psql",
        "pytest",
        "createuser",
        "createdb",
        "redis-cli",
        "systemctl",
        "tee",
        "terraform",
        "useradd",
        "usermod",
        "zstd",
    ]
)
"""Programs of others. What they are given of ours is looked at; what they do with it is theirs."""

BEFORE = frozenset({"sudo", "exec", "env"})
BUILT_IN = frozenset(
    {"check", "migrate", "shell", "collectstatic", "makemigrations", "createsuperuser", "changepassword"}
)
"""Django's own commands, which Django tests."""


@dataclass(frozen=True)
class Command:
    """``mentioned``: within a sentence, where a name alone may stand for the command with whatever it takes."""

    document: str
    words: tuple[str, ...]
    mentioned: bool = False

    def __str__(self) -> str:
        return f"{self.document}: {shlex.join(self.words)}"


def blocks(document: Path) -> list[str]:
    """What stands in fences for a shell, without its indentation."""
    found = re.findall(r"^([ ]*)```(?:bash|sh)\n(.*?)^\1```", document.read_text(), re.MULTILINE | re.DOTALL)
    return ["".join(line.removeprefix(indent) for line in text.splitlines(keepends=True)) for indent, text in found]


def commands(document: Path) -> list[Command]:
    name = str(document.relative_to(ROOT))
    found = []
    for block in blocks(document):
        for line in re.sub(r"\\\n", " ", block).splitlines():
            found += [Command(name, tuple(words)) for words in parts(line)]
    # Within sentences: commands of ours in backquotes.
    for text in re.findall(r"`([^`\n]*(?:manage\.py|-m inference_client) [^`\n]*)`", document.read_text()):
        found += [Command(name, tuple(words), mentioned=True) for words in parts(text)]
    return found


def parts(line: str) -> list[list[str]]:
    """The commands of a line, without what stands before each: variables, sudo and its options."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    found: list[list[str]] = [[]]
    for word in lexer:
        if word in (">", ">>", "<"):
            # A file, not a word of the command.
            next(lexer, "")
        elif set(word) <= set("|&;()<>"):
            found.append([])
        else:
            found[-1].append(word)
    return [words for one in found if (words := bare(one))]


def bare(words: list[str]) -> list[str]:
    while words and (words[0] in BEFORE or re.match(r"^[A-Z_a-z]+=", words[0]) or words[0] == "-u" or words[0] == "do"):
        words = words[2:] if words[0] == "-u" else words[1:]
    return words


ALL = [one for document in DOCUMENTS for one in commands(document)]


def rest_after(words: tuple[str, ...], *marks: str) -> list[str] | None:
    """What follows the words ``marks``, where they stand one after the other."""
    for at in range(len(words)):
        if tuple(word.rpartition("/")[2] for word in words[at : at + len(marks)]) == marks:
            return list(words[at + len(marks) :])
    return None


def of(*marks: str) -> list[tuple[Command, list[str]]]:
    found: dict[str, tuple[Command, list[str]]] = {}
    for one in ALL:
        if rest := rest_after(one.words, *marks):
            found[str(one)] = (one, rest)
    return list(found.values())


def understood(parser: argparse.ArgumentParser, words: list[str]) -> str:
    """Empty, or what is wrong with them."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.parse_args([word.replace("...", "x") for word in words])
    except SystemExit as end:
        return "" if end.code in (0, None) else said.getvalue()
    except Exception as error:
        return str(error)
    return ""


def test_there_are_commands_to_be_found() -> None:
    assert len(of("manage.py")) > 15
    assert len(of("-m", "inference_client")) > 8


@pytest.mark.parametrize(("command", "words"), of("manage.py"), ids=lambda one: str(one)[:80])
def test_a_management_command_is_understood(command: Command, words: list[str]) -> None:
    name, *options = words
    assert name in get_commands(), f"{command}: there is no such command"
    app = get_commands()[name]
    loaded = load_command_class(app, name) if isinstance(app, str) else app
    if not options and command.mentioned:
        return
    assert understood(loaded.create_parser("manage.py", name), options) == "", str(command)


@pytest.mark.parametrize(("command", "words"), of("-m", "inference_client"), ids=lambda one: str(one)[:80])
def test_a_command_of_the_client_is_understood(command: Command, words: list[str]) -> None:
    from inference_client.commands import parser

    if words[0].isupper() or (len(words) == 1 and command.mentioned):
        # A sentence about it, not a line to be typed.
        return
    assert understood(parser(), words) == "", str(command)


def named_commands() -> set[str]:
    return {words[0] for _command, words in of("manage.py")} - BUILT_IN


@pytest.mark.parametrize("name", sorted(named_commands()))
def test_some_test_runs_each_management_command(name: str) -> None:
    ways = re.compile(rf"""(call_command|manage|run|Program)\(.*?["']{name}["']""", re.DOTALL)
    quoted = re.compile(rf"""["']{name}["']""")
    running = [
        path for path in tracked("tests/**.py")
        if quoted.search(text := path.read_text()) and (ways.search(text) or '"manage.py"' in text)
    ]  # fmt: skip
    assert running, f"no test runs manage.py {name}"


@pytest.mark.parametrize(
    "document", [one for one in DOCUMENTS if blocks(one)], ids=lambda path: str(path.relative_to(ROOT))
)
def test_blocks_for_a_shell_are_read_by_one(document: Path) -> None:
    for block in blocks(document):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_every_other_program_is_one_that_is_known() -> None:
    strangers = set()
    for one in ALL:
        first = one.words[0]
        program = first.rpartition("/")[2]
        ours = program in ("python", "python3", "make", "manage.py", "bash") or first.startswith(("$", "deploy/"))
        if not ours and program not in OTHERS and one.words[-1] not in OTHERS:
            strangers.add(str(one))
    assert strangers == set()


@pytest.mark.parametrize("command", [one for one in ALL if one.words[0] == "make"], ids=str)
def test_targets_of_make_are_there(command: Command) -> None:
    targets = {word for word in command.words[1:] if re.match(r"^[a-z]", word)}
    assert targets - make_targets() == set(), str(command)


def test_files_of_ours_that_commands_name_are_there() -> None:
    missing = set()
    for one in ALL:
        for word in one.words:
            place = word.removeprefix("/opt/meatlizard/").partition("::")[0]
            ours = re.match(r"^(deploy|tests|bench|meatlizard|docs|frontend)/[\w@./-]+$", place)
            if ours and not place.endswith("site.env") and not (ROOT / place).exists():
                missing.add(f"{one}: {place}")
        if module := rest_after(one.words, "-m"):
            place = module[0].replace(".", "/")
            if place.startswith("bench") and not any(
                (ROOT / f"{place}{end}").exists() for end in (".py", "/__main__.py")
            ):
                missing.add(f"{one}: {place}")
    assert missing == set()


def test_what_one_is_said_to_see_the_program_says() -> None:
    """Words in italics in the tables of docs/TROUBLESHOOTING.md are the program's own."""
    said = " ".join(
        path.read_text(errors="replace") for path in tracked("*.py", "*.html", "*.js") if "tests" not in path.parts
    )
    said = re.sub(r"\s+", " ", said).lower()
    rows = [
        line.split("|")[1]
        for line in (ROOT / "docs/TROUBLESHOOTING.md").read_text().splitlines()
        if line.startswith("|")
    ]
    words = [
        part.strip(" .").lower()
        for row in rows
        for quoted in re.findall(r"\*([^*]+)\*", row)
        for part in quoted.split("…")
    ]
    assert len(words) > 5
    assert {word for word in words if word and word not in said} == set()
