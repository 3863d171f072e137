"""The catalogues of English hold whatever is marked in the source, so that a translator finds it. `make messages` makes them."""

import ast
import re
from pathlib import Path

import pytest

from tests.test_architecture import CODE, ROOT, tracked
from tests.test_words import MARKS

CATALOGUES = ROOT / "locale/en/LC_MESSAGES"


def known(path: Path) -> set[str]:
    """Message ids of a `.po` file."""
    found = re.findall(r'^(?:msgid|msgid_plural) ((?:"(?:\\.|[^"\\])*"\n)+)', path.read_text(), re.MULTILINE)
    return {"".join(ast.literal_eval(line) for line in lines.splitlines()) for lines in found}


def of_python() -> set[str]:
    return {
        part.value
        for module in CODE
        if module.parts[0] != "inference_client"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in MARKS
        for part in node.args[:2]
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def of_templates() -> set[str]:
    sources = [path.read_text() for path in tracked("templates/**.html", "templates/**.txt")]
    marked = [
        match for source in sources for match in re.findall(r"""{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""", source)
    ]
    return {"".join(words) for words in marked}


def of_scripts() -> set[str]:
    sources = [path.read_text() for path in tracked("frontend/src/**.js")]
    marked = [words for source in sources for words in re.findall(r'\bn?gettext\(\s*("(?:\\.|[^"\\])*")', source)]
    return {ast.literal_eval(words) for words in marked}


@pytest.mark.parametrize(
    ("name", "source", "least"),
    [("django", of_python, 250), ("django", of_templates, 150), ("djangojs", of_scripts, 60)],
    ids=["python", "templates", "scripts"],
)
def test_the_catalogue_holds_what_is_marked(name, source, least) -> None:  # type: ignore[no-untyped-def]
    marked = source()
    assert len(marked) > least, "the source was not understood"
    missing = sorted(marked - known(CATALOGUES / f"{name}.po"))
    assert not missing, "run `make messages`:\n" + "\n".join(missing)
