"""What is to be read on a page: its article, without what stands around it and without what nobody sees on it."""

import re
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml import etree, html

from chat.tools.web.reading.shape import Article

MOST_TEXT: Final = 200_000
MOST_LINKS: Final = 60
MOST_TITLE: Final = 300

_HIDDEN: Final = (
    "//comment() | //*[@hidden or @aria-hidden='true' or @inert] | //template | //noscript | //dialog[not(@open)]"
)
_HIDING: Final = re.compile(
    r"display:none|visibility:(hidden|collapse)|opacity:0*\.?0*(;|$|!)|font-size:(0|0?\.\d+|1px)|text-indent:-\d{3}|clip:rect\(0"
    r"|clip-path:inset\((50|100)%|(left|top|right|bottom):-\d{3}|color:transparent|max-(height|width):0(;|$|px)"
)
"""Where orders to models are put so that people do not see them. A style sheet can hide more than this; that needs a browser to know."""

_CHARSET: Final = re.compile(r"[a-zA-Z0-9_.:-]{2,40}")


def read(page: bytes, address: str, charset: str = "") -> Article:
    tree = _tree(page, charset)
    if tree is None:
        return Article()
    hidden = [*tree.xpath(_HIDDEN), *(found for found in tree.xpath("//*[@style]") if _hides(found.get("style")))]
    for element in hidden:
        if element.getparent() is not None:
            # What stands behind it in the same paragraph is seen.
            element.drop_tree()
    found: Any = trafilatura.bare_extraction(
        tree, url=address, with_metadata=True, include_links=True, include_formatting=True, include_comments=False
    )
    text = (found.text if found else "") or ""
    title = (found.title if found else "") or (tree.findtext(".//title") or "")
    published = (found.date if found else "") or ""
    return Article(
        " ".join(title.split())[:MOST_TITLE], (text.strip() or _words(tree))[:MOST_TEXT], published[:40],
        _links(tree, text, address),
    )  # fmt: skip


def _hides(style: str) -> bool:
    return _HIDING.search("".join(style.lower().split())) is not None


def _tree(page: bytes, charset: str) -> html.HtmlElement | None:
    encoding = charset if _CHARSET.fullmatch(charset) else None
    try:
        parser = html.HTMLParser(encoding=encoding, no_network=True, huge_tree=False)
    except LookupError:
        parser = html.HTMLParser(no_network=True, huge_tree=False)
    try:
        tree = html.document_fromstring(page, parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    return tree if isinstance(tree, html.HtmlElement) else None


def _words(tree: html.HtmlElement) -> str:
    """All that can be seen, of a page that has no article."""
    for element in tree.xpath("//script | //style | //nav | //svg"):
        element.drop_tree()
    lines = (" ".join(line.split()) for line in tree.xpath("string(//body)").splitlines())
    return "\n".join(line for line in lines if line)


def _links(tree: html.HtmlElement, text: str, address: str) -> list[tuple[str, str]]:
    """Of the whole page, those of the article first: what leads on often stands beside it."""
    found: dict[str, str] = {}
    for element in tree.iterfind(".//a[@href]"):
        try:
            target = urljoin(address, str(element.get("href")).strip()).partition("#")[0]
            if urlsplit(target).scheme not in ("http", "https") or len(target) > 2_000 or re.search(r"\s", target):
                continue
        except ValueError:
            continue
        words = " ".join(element.text_content().split())[:120]
        if words and target != address.partition("#")[0]:
            found.setdefault(target, words)
    ordered = sorted(found.items(), key=lambda link: link[0] not in text)
    return [(words, target) for target, words in ordered[:MOST_LINKS]]
