"""Which files an answer holds: labelled examples, versions, names, and texts that were made to cost time. No database."""

import time

import pytest

from bench.artifact_material import examples
from bench.artifacts import rates, wrong
from chat.artifacts import kinds, naming, wishes
from chat.artifacts.blocks import blocks
from chat.artifacts.detection import Known, find, may_hold
from chat.artifacts.wishes import asks
from tests.chat.artifacts.making import HANDLED, PROGRAM, fenced

EXAMPLES = list(examples())


def test_there_are_enough_examples_and_both_halves_come_out_well() -> None:
    assert len(EXAMPLES) >= 150
    for held in (False, True):
        precision, recall, _ = rates([one for one in EXAMPLES if one.held == held])
        assert precision >= 0.95 and recall >= 0.95, (held, precision, recall)


def test_the_measure_tells_what_is_wrong() -> None:
    example = next(one for one in EXAMPLES if "rename.py" in one.wanted)
    assert wrong(example, []) == (["rename.py"], [])
    found = find(example.question, example.answer)
    assert wrong(example, [*found, *found]) == ([], ["rename.py"])


@pytest.mark.parametrize(
    ("question", "file"),
    [
        ("save it as notes.txt", True),
        ("Give me a CSV file of all countries", True),
        ("als .py bitte, schreib das", True),
        ("Crée un fichier HTML avec un formulaire", True),
        ("guarda esto como plan.md", True),
        ("How do I save a file in Python?", False),
        ("Why is main.py slow?", False),
        ("What is a file?", False),
        ("Wie erstelle ich eine Datei?", False),
        ("", False),
        ("```\nsave as x.py\n```", False),
    ],
)
def test_what_asks_for_a_file(question: str, file: bool) -> None:
    assert wishes.of(question).file is file


def test_names_come_from_the_block_the_line_before_and_the_question() -> None:
    def named(question: str, answer: str) -> list[str]:
        return [one.name for one in find(question, answer)]

    code = "x = 1\n" * 20
    assert named("go", f'```python title="a.py"\n{code}```') == ["a.py"]
    assert named("go", f"```python:src/b.py\n{code}```") == ["b.py"]
    assert named("go", f"```python\n# c.py\n{code}```") == ["c.py"]
    assert named("go", f"**`d.py`**\n\n```python\n{code}```") == ["d.py"]
    assert named("go", f"### e.py\n```python\n{code}```") == ["e.py"]
    assert named("write f.py", f"```python\n{code}```") == ["f.py"]
    assert named("write a script", f"```python\n{code}```") == ["code.py"]


def test_a_new_version_is_told_from_another_file_and_from_an_extract() -> None:
    known = [Known("walls.py", "python", PROGRAM)]
    assert [one.of for one in find("and now?", fenced(HANDLED), known)] == ["walls.py"]
    assert find("explain step 3", fenced("\n".join(PROGRAM.splitlines()[4:8])), known) == []
    (other,) = find(
        "another script please: write one", fenced("print('other')\n" * 30), [Known("code.py", "python", PROGRAM)]
    )
    assert (other.name, other.of) == ("code-2.py", "")


def test_a_block_within_a_longer_fence_belongs_to_it() -> None:
    text = "````markdown\n# Title\n```python\nx\n```\nend\n````\n"
    (block,) = blocks(text)
    assert block.text == "# Title\n```python\nx\n```\nend\n" and block.closed
    (open_,) = blocks("```python\nx = 1")
    assert not open_.closed and open_.text == "x = 1"
    (listed,) = blocks("1. Do:\n   ```sh\n   a\n     b\n   ```\n")
    assert listed.text == "a\n  b\n"


def test_an_ordinary_answer_is_passed_over_at_once() -> None:
    assert not may_hold("A gecko is a lizard.\n" * 1_000, False)
    assert may_hold("```\nx\n```", False) and may_hold("words " * 50, True)
    assert not asks("What is a gecko?") and asks("Write an essay about geckos")
    assert not asks("make it shorter") and asks("make it shorter", changes=True)


HOSTILE = {
    "fences": "```\n" * 200_000,
    "ticks": "`" * 1_000_000,
    "one line": "```python\n" + "x" * 2_000_000,
    "names": "```" + "a." * 300_000 + "py\nx\n```",
    "words": "save as " * 200_000,
    "nested": "".join("`" * (3 + n % 40) + "\n" for n in range(50_000)),
    "headings": "# a\n\n" * 200_000,
    "comment": "```python\n#" + " " * 300_000 + "x.py\n```",
    "marks": '`*_"' * 250_000 + "\n```python\nx\n```\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_longer_than_it_is_long(name: str) -> None:
    text = HOSTILE[name]
    known = [Known("walls.py", "python", text[:100_000]), Known("a.md", "markdown", "# a\n\n" * 20_000)]
    began = time.process_time()
    found = find(text, text, known)
    # A hundred times what it takes: only what grows with the square gets there.
    assert time.process_time() - began < 10
    assert len(found) <= 20


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("C:\\boot.ini", "boot.ini"),
        ("CON", "_CON.txt"),
        ("nul.txt", "_nul.txt"),
        ("com1.py", "_com1.py"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("a\u200bb\u2066.py", "ab.py"),
        ("a\x00b\n.py", "ab .py"),
        ("what?*<>|.py", "what_____.py"),
        ("   ", "file.txt"),
        ("...", "file.txt"),
        (".gitignore", ".gitignore"),
        ("end. . .", "end.txt"),
        ("Dockerfile", "Dockerfile"),
        ("a\ud800.py", "a.py"),
    ],
)
def test_names_are_what_they_seem(name: str, safe: str) -> None:
    assert naming.safe(name) == safe


def test_long_names_keep_their_end_and_fit_every_file_system() -> None:
    for name in ("x" * 5_000 + ".py", "ß" * 5_000 + ".py", "\U0001f98e" * 500 + ".py"):
        made = naming.safe(name)
        assert len(made) <= 100 and len(made.encode()) <= 200 and made.endswith(".py")


def test_names_that_are_the_same_somewhere_are_told_apart() -> None:
    assert naming.apart(["a.py", "A.py", "a-2.py", "b"]) == ["a.py", "A-2.py", "a-2-2.py", "b"]


def test_each_kind_has_a_file_and_a_language() -> None:
    for kind in kinds.KINDS.values():
        assert naming.safe(f"x.{kind.suffix}") == f"x.{kind.suffix}"
        assert kinds.of_file(f"x.{kind.suffix}") is not None, kind
