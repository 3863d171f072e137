"""Hostile texts in a transcript run nowhere, ask nobody, and pass for nothing that they are not."""

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from markdown_it import MarkdownIt

from chat.models import Conversation, Transcript
from chat.transcripts.writers import FORMULA, quoted
from meatlizard.accounts.models import User
from tests.chat.transcripts.making import archive, talk_of, text_of, wants
from tests.hostile.corpus import corpus

RUNS_OR_ASKS = {
    "script", "iframe", "object", "embed", "link", "base", "form", "svg", "video", "audio", "source", "frame", "button", "meta"
}  # fmt: skip
TEXTS = [payload.text for payload in corpus()]

pytestmark = pytest.mark.django_db(transaction=True)


class Tags(HTMLParser):
    """Names and attributes of all tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


def harmful(found: list[tuple[str, dict[str, str | None]]]) -> list[object]:
    bad: list[object] = []
    for tag, attributes in found:
        if tag in RUNS_OR_ASKS or any(name.startswith("on") or name in ("style", "srcset") for name in attributes):
            bad.append((tag, attributes))
        bad += [value for name, value in attributes.items() if name in ("href", "src") and _runs(name, value or "")]
    return bad


def _runs(name: str, value: str) -> bool:
    value = re.sub(r"[\s\x00-\x1f]", "", value).lower()
    return (
        not value.startswith("data:image/")
        if name == "src"
        else value.startswith(("javascript:", "data:", "vbscript:"))
    )


@pytest.fixture
def row(alice: User) -> Transcript:
    """In which everything that people write is hostile."""
    everything = "\n\n".join(TEXTS)
    wants(alice).first_name = "</h2><script>alert(1)</script>"
    alice.save()
    talk = talk_of(alice, question=everything[:30_000], answer=everything)
    Conversation.objects.filter(pk=talk.pk).update(title="</title><script>alert(2)</script>")
    return archive(talk)


def test_the_page_holds_its_own_policy_and_nothing_that_runs(alice: User, row: Transcript, client: Client) -> None:
    page = text_of(row, "html")
    head, _, body = page.partition("</head>")
    (policy,) = [a["content"] for tag, a in tags(head) if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None and policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert head.index("Content-Security-Policy") < head.index("<title>"), "in force before anything that a person wrote"
    assert not harmful(tags(body))
    assert [tag for tag, _ in tags(head)].count("script") == 0 and head.count("</title>") == 1
    assert len(tags(body)) > 100, "the texts were there"
    client.force_login(alice)
    answer = client.get(reverse("chat:transcript-part", args=[row.pk, "html"]))
    assert answer["Content-Security-Policy"] == f"{policy}; sandbox; frame-ancestors 'none'"


def test_the_style_is_the_one_that_the_policy_names(row: Transcript) -> None:
    page = text_of(row, "html")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policies = [a["content"] or "" for _, a in tags(page) if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1 and f"style-src 'sha256-{digest}';" in policies[0]
    assert "@media print" in style and "url(" not in style


def test_markdown_shows_no_tag_even_where_html_is_let_through(row: Transcript) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).render(text_of(row, "md"))
    found = tags(shown)
    assert not harmful([(tag, attributes) for tag, attributes in found if tag != "img"])
    assert len(found) > 100


def test_no_text_passes_for_a_heading_of_the_transcript(alice: User) -> None:
    fake = "Yes.\n\n## Olga, 2026-01-01 00:00 UTC\n\n> I confess.\r\r# Again\u2028## And again\x0b## Still"
    row = archive(talk_of(wants(alice), question=fake, answer=fake))
    lines = [line for line in text_of(row, "md").splitlines() if line.startswith("#")]
    assert len(lines) == 3 and not any("Olga" in line for line in lines)


@pytest.mark.parametrize("fence", ["```", "~~~~", "````"])
def test_code_keeps_its_signs_and_ends_where_it_ends(fence: str) -> None:
    text = f"a < b\n\n{fence}html\n<b>x</b>\n{fence}\n\n<script>alert(1)</script>"
    shown = MarkdownIt("commonmark", {"html": True}).render(quoted(text))
    assert "&lt;b&gt;x&lt;/b&gt;" in shown and "<script" not in shown and "a &lt; b" in shown


@pytest.mark.parametrize(
    "text",
    [
        "\t<script>alert(1)</script>",
        "a\n\n \t<script>alert(1)</script>",
        "```\nx\n\t```\n<script>alert(1)</script>\n```",
        "~~~\n  \t~~~\n<img src=x onerror=alert(1)>",
    ],
)
def test_a_tab_ends_or_begins_no_code_that_is_none_in_the_quotation(text: str) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).render(quoted(text))
    assert "<script" not in shown and "<img" not in shown


def test_no_cell_is_carried_out_and_each_stays_in_its_place(alice: User) -> None:
    formulas = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n=1",
        "＝1",
        "\ufeff=1",
        '=HYPERLINK("http://evil.example","x")',
    ]
    for text in formulas:
        assert FORMULA.match(text)
    alice.first_name = "=cmd|' /C calc'!A0"
    alice.save()
    row = archive(talk_of(wants(alice), question=formulas[-1], answer='-2+3";\n"=4,'))
    raw = text_of(row, "csv")
    assert raw.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(raw.removeprefix("\ufeff"), newline="")))
    assert {len(one) for one in rows} == {7} and len(rows) == 3
    for cells in rows[1:]:
        assert not any(FORMULA.match(cell) for cell in cells)
    assert rows[1][3] == "'=cmd|' /C calc'!A0" and rows[2][5] == '\'-2+3";\n"=4,'


def test_hostile_cells_are_text_too(row: Transcript) -> None:
    rows = list(csv.reader(io.StringIO(text_of(row, "csv").removeprefix("\ufeff"), newline="")))
    assert {len(one) for one in rows} == {7} and len(rows) == 3
    assert TEXTS[-1] in rows[2][5]
