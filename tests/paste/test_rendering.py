"""What is made of texts: safe whatever they hold, the lines they had, and in bounded time."""

import html
import json
import re
import time
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meatlizard.accounts.models import User
from meatlizard.rendering import code
from meatlizard.rendering.render import render
from meatlizard.rendering.workers import TookTooLong, Worker
from paste import actions, formats, showing
from paste.access import files_of
from paste.contents import Draft
from paste.views.sheets import sheets
from tests.hostile.corpus import corpus

LANGUAGES = (
    "python",
    "html",
    "javascript",
    "php",
    "c",
    "yaml",
    "diff",
    "markdown",
    "csv",
    "tsv",
    "json",
    "notebook",
    "text",
)


ALLOWED = nh3.ALLOWED_TAGS | {"summary", "details", "input", "section"}


class Seen(HTMLParser):
    """Every element and attribute that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += attrs


def rendered(text: str, format: str) -> tuple[str, str]:
    kind, pieces = render(text, format, "L")
    return kind, "".join(pieces)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def test_each_line_has_its_number_and_its_text() -> None:
    text = "def f():\n    return '''a\n<b>\n'''\n"
    kind, page = rendered(text, "python")
    assert kind == "lines"
    assert re.findall(r'<span class="line" id="(L\d+)">', page) == ["L1", "L2", "L3", "L4"]
    assert html.unescape(re.sub(r"<[^>]*>", "", page)) == text
    assert '<span class="k">def</span>' in page and "<b>" not in page


@given(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\0"), max_size=400),
    st.sampled_from(["python", "html", "c", "make"]),
)
def test_no_character_is_lost_or_made_up(text: str, language: str) -> None:
    page = "".join(code.highlighted(text, language, "L"))
    assert html.unescape(re.sub(r"<[^>]*>", "", page)) == text.removesuffix("\n") + "\n"
    assert page.count('class="line"') == text.removesuffix("\n").count("\n") + 1


def test_long_texts_come_in_pieces_whose_numbers_go_on() -> None:
    text = "".join(f"x = {n}\n" for n in range(2_500))
    pieces = list(code.highlighted(text, "python", "L"))
    assert [piece.count('class="line"') for piece in pieces] == [1_000, 1_000, 500]
    assert 'id="L1001"' in pieces[1]
    plain = list(code.plain(text, "L"))
    assert [code.plain_piece(text, "L", number) for number in range(4)] == [*plain, None]


@pytest.mark.parametrize("format", LANGUAGES)
def test_hostile_texts_stay_texts(format: str) -> None:
    """Only elements and attributes that do nothing, and addresses that only lead somewhere."""
    for payload in corpus()[:: 23 if format in ("python", "php") else 5]:
        texts = {
            "json": json.dumps({payload.text: [payload.text]}),
            "notebook": json.dumps({"cells": [
                {"cell_type": "markdown", "source": payload.text}, {"cell_type": "raw", "source": payload.text},
                {"cell_type": "code", "source": payload.text, "outputs": [
                    {"output_type": "stream", "text": payload.text}, {"traceback": [payload.text]},
                    {"data": {"text/html": payload.text, "text/plain": payload.text, "image/png": payload.text, "image/svg+xml": payload.text}},
                ]},
            ], "metadata": {"kernelspec": {"language": payload.text}}}),
        }  # fmt: skip
        kind, page = rendered(texts.get(format, payload.text), format)
        seen = Seen()
        seen.feed(page)
        assert seen.elements <= ALLOWED, payload
        for name, value in seen.attributes:
            assert not name.startswith("on") and name != "style", payload
            assert name != "src" or (value or "").startswith("data:image/png;base64,"), payload
            assert name != "href" or re.match(r"https?:|mailto:|(?![a-zA-Z][\w+.-]*:)", value or ""), payload
        assert kind in ("lines", "prose", "table", "tree", "notebook")


def test_a_table_has_a_head_and_cells() -> None:
    kind, page = rendered('name;"a ""b"""\nx;<i>\n', "csv")
    assert kind == "table"
    assert (
        page
        == '<tr><th scope="col">name</th><th scope="col">a &quot;b&quot;</th></tr><tr><td>x</td><td>&lt;i&gt;</td></tr>'
    )


@pytest.mark.parametrize(
    ("text", "format"), [("{broken", "json"), ("[" * 100_000, "json"), ("[1]", "notebook"), ("{}", "notebook"), ("[" * 100_000, "notebook"), ("x", "no such language")],
)  # fmt: skip
def test_what_is_not_what_it_says_is_shown_as_text(text: str, format: str) -> None:
    kind, page = rendered(text, format)
    assert kind == "lines" and html.unescape(re.sub(r"<[^>]*>", "", page)).strip() == text


def test_json_folds() -> None:
    kind, page = rendered('{"a": {"b": [1, "x", null, true]}, "c": []}', "json")
    assert kind == "tree" and page.count("<details") == 3 and '<span class="tree-key">b</span>' in page


def test_a_notebook_shows_cells_and_pictures_that_are_some() -> None:
    picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "**bold**"]},
        {"cell_type": "code", "execution_count": 3, "source": "print(1)", "outputs": [
            {"output_type": "stream", "text": ["\x1b[31m1\x1b[0m\n"]}, {"data": {"image/png": picture}}, {"data": {"image/png": "PHN2Zz4="}},
        ]},
    ]  # fmt: skip
    kind, page = rendered(json.dumps({"nbformat": 4, "cells": cells}), "notebook")
    assert kind == "notebook" and "<strong>bold</strong>" in page and "[3]" in page and "1\n</pre>" in page
    assert page.count("<img") == 1 and picture in page


@pytest.mark.parametrize(
    ("name", "text", "format"),
    [
        ("a.py", "", "python"), ("README.md", "x", "markdown"), ("Dockerfile", "FROM x", "docker"), ("", "#!/usr/bin/env python3\n", "python"),
        ("", "#!/bin/sh\n", "bash"), ("", '{"a": 1}', "json"), ("", '{"nbformat": 4, "cells": []}', "notebook"), ("", "{not json}", "text"),
        ("", "diff --git a/x b/x\n", "diff"), ("", "Traceback (most recent call last):\n", "pytb"), ("", "hello", "text"),
        ("data.csv", "a,b", "csv"), ("x.unknown", "hello", "text"), ("", "(" * 4_000 + "def f(", "text"),
    ],
)  # fmt: skip
def test_formats_are_guessed(name: str, text: str, format: str) -> None:
    assert formats.guess(name, text) == format


def test_every_format_that_is_offered_is_known_to_pygments() -> None:
    from pygments.lexers import find_lexer_class_by_name

    for name in {*formats.OFFERED, *formats.SUFFIXES.values(), *formats.NAMES.values()} - formats.SPECIAL:
        assert find_lexer_class_by_name(name)
    assert not formats.is_known("no such language") and not formats.is_known("")


# --- the process ------------------------------------------------------------------------------------------------------


def test_the_process_renders_as_we_do_one_after_the_other(worker: Worker) -> None:
    for text, format in (("x = 1\n", "python"), ("# Hi\n", "markdown"), ("a" * 3_000_000, "text"), ("ü☺\n", "python")):
        kind, packed = worker.render(text, format, "L", 30)
        assert (kind, "".join(zlib.decompress(piece).decode() for piece in packed)) == rendered(text, format)


def test_who_takes_too_long_is_ended_and_the_next_is_served(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.render("x", "python", "L", 30)
    begun = time.monotonic()
    with pytest.raises(TookTooLong):
        # Tens of megabytes take far longer than that on any machine.
        worker.render("f(x)\n" * 3_000_000, "python", "L", 0.3)
    assert time.monotonic() - begun < 20
    assert worker.render("x", "python", "L", 30)[0] == "lines"


@pytest.mark.django_db
def test_a_page_of_files_that_take_too_long_is_not_waited_for_to_the_end(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    paste = actions.create(alice, [Draft(f"{number}.py", b"x = 1\n") for number in range(5)])[0]
    asked: list[str] = []

    def too_long(self: Worker, text: str, *_more: object) -> None:
        asked.append(text)
        raise TookTooLong

    monkeypatch.setattr(Worker, "render", too_long)
    shown = [sheet.shown for sheet in sheets(files_of(paste), paste)]
    assert len(asked) == 2 and [one is not None and one.pending for one in shown] == [False] * 2 + [True] * 3
    assert all(one is not None and "x = 1" in one.html for one in shown)
    assert len([one for one in sheets(files_of(paste), paste) if one.shown and one.shown.pending]) == 1


def test_a_notebook_with_something_else_for_cells_is_none() -> None:
    for cells in (5, "x", {"a": 1}, None):
        assert rendered(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}), "notebook") == ("notebook", "")


@pytest.mark.django_db
def test_who_waits_in_vain_for_others_is_coloured_next_time(alice: User, worker: Worker) -> None:
    paste = actions.create(alice, [Draft("a.py", b"x = 1\n")])[0]
    file = paste.files.get()
    with worker._lock:
        assert showing.render(file, worker, 0.01).html == '<span class="line" id="L1">x = 1\n</span>'
    assert not file.renditions.exists()
    assert '<span class="mi">1</span>' in showing.render(file, worker, 30).html and file.renditions.exists()


def test_a_process_that_dies_is_started_again(worker: Worker) -> None:
    worker.render("x", "python", "L", 30)
    assert worker._process is not None
    worker._process.kill()
    worker._process.wait()
    assert worker.render("x", "python", "L", 30)[0] == "lines"


def test_a_guess_looks_at_no_more_than_the_beginning() -> None:
    """Its patterns take time with the length of what they look at."""
    assert formats.guess("", "#!" + " " * 150 + "/usr/bin/python\n") == "python"
    assert formats.guess("", "#!" + " " * 250 + "/usr/bin/python\n") == "text"
    began = time.process_time()
    formats.guess("", "#!" + "/usr/bin/env " * 500_000)
    assert time.process_time() - began < 1
