"""The examples of the CommonMark specification through our renderer, and those of GitHub's additions to it.

What we do otherwise on purpose is done to the specification's own HTML first (:func:`ours`); the examples in OTHERWISE differ for
the reason given there. Any other difference fails, and so does an example listed there that does not differ.
"""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

from meatlizard.markup import render_markdown
from tests.services.programs import missing

SPECIFICATION = Path(__file__).parents[2] / "frontend/node_modules/commonmark-spec/spec.txt"
"""CommonMark 0.31.2, CC BY-SA 4.0, from its own package: `make test` installs it with the front-end's."""

EXAMPLE = re.compile(r"^`{32} example\n(.*?)^\.\n(.*?)^`{32}$", re.MULTILINE | re.DOTALL)
OPENS_NO_LINK = re.compile(r"(?!https?:|mailto:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
VOID = {"br", "hr", "img", "input"}
NEVER_INLINE = {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table",
                "tbody", "td", "th", "thead", "tr", "ul"}  # fmt: skip


def link(href: str, text: str = "", before: str = "", after: str = "") -> str:
    """A paragraph with a link in it."""
    return f'<p>{before}<a href="{href}" rel="noopener noreferrer nofollow ugc">{text or href}</a>{after}</p>'


OTHERWISE: dict[str, set[int]] = {
    "HTML is shown as it was written, and never taken for HTML": {
        21, 31, *range(148, 192), 201, 308, 309, 344, 475, 476, 477, 491, 494, 524, 536, *range(613, 618), 623, *range(625, 632),
        642, 643,
    },
    "code in a known language is highlighted": {142, 143},
    "bare addresses are links, as on GitHub": {602, 608, 611, 612},
    "a backslash before a bracket begins a formula": {12},
    "a line end written as a character reference is white space": {39},
}  # fmt: skip


class Example(NamedTuple):
    number: int
    markdown: str
    html: str


def examples() -> list[Example]:
    if not SPECIFICATION.is_file():
        return []
    text = SPECIFICATION.read_text(encoding="utf-8").partition("<!-- END TESTS -->")[0]
    found = (
        Example(n, *(part.replace("→", "\t") for part in match.groups()))
        for n, match in enumerate(EXAMPLE.finditer(text), 1)
    )
    return list(found)


class Events(HTMLParser):
    """HTML as a list of tags and texts in which what a reader cannot see makes no difference: white space between blocks, the order
    of attributes, and how a character is written."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[tuple[str, ...]] = []
        self.verbatim = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.verbatim += tag == "pre"
        self._block(tag)
        self.events.append((f"<{tag}>", *sorted(f"{name}={value}" for name, value in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        self.verbatim -= tag == "pre"
        self._block(tag)
        self.events.append((f"</{tag}>",))

    def handle_data(self, data: str) -> None:
        after_text = bool(self.events) and self.events[-1][0] == "text"
        if not self.verbatim:
            data = re.sub(r"[ \n\t]+", " ", data)
            if not after_text and self.events and self.events[-1][0].strip("</>") in NEVER_INLINE | {"br"}:
                data = data.lstrip(" ")
        if data and after_text:
            self.events[-1] = ("text", self.events[-1][1] + data)
        elif data:
            self.events.append(("text", data))

    def _block(self, tag: str) -> None:
        """White space before a block, and before its end, is none."""
        if tag in NEVER_INLINE | {"br"} and self.events and self.events[-1][0] == "text" and not self.verbatim:
            text = self.events.pop()[1].rstrip(" ")
            if text:
                self.events.append(("text", text))


def ours(html: str) -> list[tuple[str, ...]]:
    """What the specification's HTML becomes by what we do on purpose.

    - A line end within a paragraph is shown as one: people and models write as in a chat.
    - Code stands in a box that names its language.
    - A picture is a link to press, or its label within a link: loading it would tell a foreign host who reads.
    - A link leads to http, https or mailto, or within the site; others are text. All say `rel`.
    """
    html = re.sub(
        r"<pre><code(?: class=\"language-([^\"]*)\")?>", r'<div class="code" data-lang="\1"><pre><code>', html
    )
    html = html.replace("</code></pre>", "</code></pre></div>")
    events: list[tuple[str, ...]] = []
    within_link = False
    for event in Lined(html).events:
        within_link = event[0] == "<a>" or (within_link and event[0] != "</a>")
        if event[0] == "<img>":
            values = dict(part.split("=", 1) for part in event[1:])
            label = ("text", values.get("alt") or "image")
            events += [label] if within_link else [("<a>", *address(values["src"])), label, ("</a>",)]
        elif event[0] == "<a>":
            values = dict(part.split("=", 1) for part in event[1:])
            title = [f"title={values['title']}"] if "title" in values else []
            events.append(("<a>", *sorted([*address(values.get("href", "")), *title])))
        else:
            events.append(event)
    return events


def address(href: str) -> list[str]:
    rel = "rel=noopener noreferrer nofollow ugc"
    return [rel] if OPENS_NO_LINK.match(href) else [f"href={href}", rel]


class Lined(Events):
    """With a break for each line end that a reader of our pages sees as one: between two things of one paragraph."""

    def handle_data(self, data: str) -> None:
        if self.verbatim:
            super().handle_data(data)
            return
        for number, line in enumerate(data.split("\n")):
            if number:
                self.events.append(("line end",))
            super().handle_data(line)

    def close(self) -> None:
        super().close()
        lines, self.events = self.events, []
        for number, event in enumerate(lines):
            if event[0] != "line end":
                self.events.append(event)
                continue
            before = self.events[-1][0] if self.events else "<p>"
            after = next((other[0] for other in lines[number + 1 :] if other[0] != "line end"), "<p>")
            if not {before.strip("</>"), after.strip("</>")} & (NEVER_INLINE | {"br"}):
                self._block("br")
                self.events.append(("<br>",))


def differs(example: Example) -> bool:
    return Events(render_markdown(example.markdown)).events != ours(example.html)


@pytest.fixture(scope="module")
def specification() -> list[Example]:
    found = examples()
    if not found:
        missing("the specification of CommonMark is not installed (npm ci in frontend)")
    assert len(found) == 652, "the specification was not understood"
    return found


def test_the_examples_of_the_specification(specification: list[Example]) -> None:
    expected = set().union(*OTHERWISE.values())
    found = {example.number: example for example in specification if differs(example)}
    wrong = [
        f"example {number}:\n{example.markdown}\nspecification: {example.html}\nours: {render_markdown(example.markdown)}"
        for number, example in found.items()
        if number not in expected
    ]
    assert not wrong, "\n".join(wrong)
    assert expected - set(found) == set(), "listed as different, and equal"


def test_no_example_is_excused_twice() -> None:
    listed = [number for numbers in OTHERWISE.values() for number in numbers]
    assert len(listed) == len(set(listed))


def test_html_of_the_examples_stays_text(specification: list[Example]) -> None:
    """Each tag that the specification lets through is read as the characters it was written with."""
    for example in specification:
        if example.number in OTHERWISE["HTML is shown as it was written, and never taken for HTML"]:
            shown = "".join(
                event[1] for event in Events(render_markdown(example.markdown)).events if event[0] == "text"
            )
            assert "<" in shown, example


@pytest.mark.parametrize(
    "markdown",
    ["# a\n# b", "- a\n- b", "`a` *b*", "[a](/b)", "```c\nd\n```", "> a", "1. a", "***", "a  \nb"],
)
def test_the_comparison_tells_apart(markdown: str) -> None:
    """A renderer that lost one thing would not pass for equal."""
    rendered = Events(render_markdown(markdown)).events
    for number in range(len(rendered)):
        assert rendered[:number] + rendered[number + 1 :] != rendered
    assert Events(render_markdown(f"x{markdown}")).events != rendered


def cells(tag: str, *texts: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{text}</{tag}>" for text in texts) + "</tr>"


GITHUB = {
    # https://github.github.com/gfm/#tables-extension-
    "a table": (
        "| one | two |\n| --- | --- |\n| a | b |",
        f"<table><thead>{cells('th', 'one', 'two')}</thead><tbody>{cells('td', 'a', 'b')}</tbody></table>",
    ),
    "the outer bars may be left out, and columns are aligned by colons": (
        "one | two | three\n:-: | --: | :--\na | b | c",
        '<table><thead><tr><th class="align-center">one</th><th class="align-right">two</th><th class="align-left">three</th></tr>'
        '</thead><tbody><tr><td class="align-center">a</td><td class="align-right">b</td><td class="align-left">c</td></tr></tbody>'
        "</table>",
    ),
    "an escaped bar is no border, in code too": (
        "| one |\n| --- |\n| a `\\|` b |\n| c **\\|** d |",
        f"<table><thead>{cells('th', 'one')}</thead><tbody>{cells('td', 'a <code>|</code> b')}"
        f"{cells('td', 'c <strong>|</strong> d')}</tbody></table>",
    ),
    "another block ends it": (
        "| one |\n| - |\n| a |\n> b",
        f"<table><thead>{cells('th', 'one')}</thead><tbody>{cells('td', 'a')}</tbody></table><blockquote><p>b</p></blockquote>",
    ),
    "a blank line ends it, a line of text is a row": (
        "| one | two |\n| - | - |\n| a | b |\nc\n\nd",
        f"<table><thead>{cells('th', 'one', 'two')}</thead><tbody>{cells('td', 'a', 'b')}{cells('td', 'c', '')}</tbody></table>"
        "<p>d</p>",
    ),
    "head and delimiters have as many cells, or it is no table": (
        "| one | two |\n| --- |\n| a |",
        "<p>| one | two |<br>| --- |<br>| a |</p>",
    ),
    "missing cells are empty, and what is too much is left out": (
        "| one | two |\n| - | - |\n| a |\n| a | b | c |",
        f"<table><thead>{cells('th', 'one', 'two')}</thead><tbody>{cells('td', 'a', '')}{cells('td', 'a', 'b')}</tbody></table>",
    ),
    "a head alone": ("| one |\n| --- |", f"<table><thead>{cells('th', 'one')}</thead></table>"),
    # https://github.github.com/gfm/#task-list-items-extension-
    "tasks": (
        "- [ ] a\n- [x] b\n- [X] c\n- [y] d",
        '<ul class="contains-task-list"><li class="task-list-item"><input aria-label="☐" class="task-list-item-checkbox" disabled="" type="checkbox">'
        ' a</li><li class="task-list-item"><input aria-label="☑" checked="" class="task-list-item-checkbox" disabled="" type="checkbox"> b</li>'
        '<li class="task-list-item"><input aria-label="☑" checked="" class="task-list-item-checkbox" disabled="" type="checkbox"> c</li>'
        "<li>[y] d</li></ul>",
    ),
    "a box needs a space behind it": ("- [x]a", "<ul><li>[x]a</li></ul>"),
    "no box outside a list": ("[x] a", "<p>[x] a</p>"),
    # https://github.github.com/gfm/#strikethrough-extension-
    "struck through": ("~~a~~ b", "<p><s>a</s> b</p>"),
    "not over paragraphs": ("a ~~b\n\nc~~ d", "<p>a ~~b</p><p>c~~ d</p>"),
    "one is no sign of it here": ("a ~b~ c", "<p>a ~b~ c</p>"),
    "three are no sign of it": ("a ~~~b~~~ c", "<p>a ~~~b~~~ c</p>"),
    # https://github.github.com/gfm/#autolinks-extension-
    "a bare address": ("at https://a.example/b?c=d&e", link("https://a.example/b?c=d&amp;e", before="at ")),
    "punctuation behind it is not of it": ("https://a.example/b.", link("https://a.example/b", after=".")),
    "brackets belong to it when they are even": (
        "(https://a.example/b_(c))", link("https://a.example/b_(c)", before="(", after=")"),
    ),
    "a less-than sign ends it": ("https://a.example/b<c", link("https://a.example/b", after="&lt;c")),
    "mail": ("a.b-c_d@e.example.org", link("mailto:a.b-c_d@e.example.org", "a.b-c_d@e.example.org")),
    "other protocols are none": ("ftp://a.example gopher://b.example", "<p>ftp://a.example gopher://b.example</p>"),
}  # fmt: skip


@pytest.mark.parametrize("rule", GITHUB)
def test_what_github_adds(rule: str) -> None:
    """The rules of GitHub Flavored Markdown 0.29, each with an example of our own. `www.` alone makes no link here."""
    markdown, html = GITHUB[rule]
    assert Events(render_markdown(markdown)).events == Events(html).events
