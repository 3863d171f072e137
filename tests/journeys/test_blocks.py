"""Code and diagrams in answers, as Alice reads and uses them."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.journeys.conftest import DESKTOP, PHONE, Sit
from tests.journeys.pages import Visitor
from tests.journeys.test_reading import ANSWERED
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

CODE = "As a file:\n\n```python\n" + "value = " + "1 + " * 100 + "1\nprint(value)\n```\n\n```\nplain\n```\n"

DIAGRAM = """Here it is:

```mermaid
flowchart LR
  accTitle: How a question travels
  A[Question] --> B{Queue} --> C[Answer]
```
"""

HOSTILE = """```mermaid
flowchart LR
  A["<img src=x onerror=parent.postMessage(1,'*')><script>top.hostile=1</script>"] --> B
  B --> C["<style>@import url(https://foreign.example/a.css)</style>"]
  click A "javascript:top.hostile=2" "tip"
  click B href "https://foreign.example/" _top
  style C fill:#f00,stroke:#0f0
```

```mermaid
%%{init: {"securityLevel": "loose", "themeCSS": "@import url(https://foreign.example/b.css);", "htmlLabels": true}}%%
flowchart LR
  A["<a href='javascript:top.hostile=3'>press</a><img src='https://foreign.example/c.png'>"] --> B
  click A call alert(1)
```

```mermaid
this is no diagram
```
"""


def answered(site: LiveSite, text: str) -> str:
    return f"/chat/{site.manage('shell', '-v', '0', '-c', ANSWERED.format(text=text)).split()[-1]}/"


def reached(page: Page, site: LiveSite) -> list[str]:
    """Addresses of other hosts that the page asks for, as they come; what its policy refuses never leaves the browser."""
    found: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((site.url, "data:", "blob:")) and request.failure != "csp":
            found.append(request.url)

    page.on("requestfinished", note)
    page.on("requestfailed", note)
    return found


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_code_is_copied_wrapped_and_kept_as_a_file(sit: Sit, site: LiveSite, size: tuple[int, int]) -> None:
    alice = sit("alice", size=size)
    chat = alice.open_chat(answered(site, CODE))
    block = chat.last_answer.locator(".code").first
    expect(block.locator(".code-lang")).to_have_text("python")
    pre = block.locator("pre")
    assert pre.evaluate("pre => pre.scrollWidth > pre.clientWidth")
    block.get_by_test_id("wrap-code").click()
    expect(block.get_by_test_id("wrap-code")).to_have_attribute("aria-pressed", "true")
    assert pre.evaluate("pre => pre.scrollWidth <= pre.clientWidth")
    with alice.page.expect_download() as started:
        block.get_by_test_id("download-code").click()
    assert started.value.suggested_filename == "code-1.py"
    assert started.value.path().read_text() == pre.text_content()
    with alice.page.expect_download() as started:
        chat.last_answer.get_by_test_id("download-code").last.click()
    assert started.value.suggested_filename == "code-2.txt"
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_diagram_is_drawn_and_its_source_is_a_press_away(sit: Sit, site: LiveSite, size: tuple[int, int]) -> None:
    alice = sit("alice", size=size)
    chat = alice.open_chat(answered(site, DIAGRAM))
    picture = chat.last_answer.get_by_test_id("diagram").locator("img")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", "How a question travels")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    source = chat.last_answer.locator("pre")
    expect(source).to_be_hidden()
    chat.last_answer.get_by_test_id("diagram-source").click()
    expect(source).to_contain_text("A[Question]")
    expect(picture).to_be_hidden()
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_hostile_diagram_runs_nothing_and_asks_nobody(alice: Visitor, site: LiveSite) -> None:
    asked = reached(alice.page, site)
    chat = alice.open_chat(answered(site, HOSTILE))
    note = chat.last_answer.locator(".diagram-note")
    expect(note).to_have_count(1, timeout=30_000)
    expect(note).to_contain_text("This diagram cannot be drawn")
    expect(chat.last_answer.get_by_text("this is no diagram", exact=True)).to_be_visible()
    drawn = chat.last_answer.get_by_test_id("diagram").locator("img")
    expect(drawn).to_have_count(2)
    for picture in drawn.all():
        picture.click()
        assert picture.evaluate("image => image.decode().then(() => true)")
    assert alice.page.evaluate("window.hostile") is None
    assert "/chat/" in alice.page.url
    assert len(alice.context.pages) == 1
    assert asked == []
    # The check can fail: a page of ours reaches this site, which the frame may not.
    frame = next(frame for frame in alice.page.frames if frame.url.endswith("/chat/diagrams/"))
    fetched = "fetch('/').then(() => true, () => false)"
    assert alice.page.evaluate(fetched)
    assert not frame.evaluate(fetched)
    assert not frame.evaluate("(() => { try { return Boolean(top.document) } catch { return false } })()")
    # What the policy refused in the frame is said on the console, as it should be.
    alice.complaints[:] = [
        complaint
        for complaint in alice.complaints
        if "foreign.example" not in complaint and "inline event" not in complaint and "connect" not in complaint
    ]


def test_a_page_without_diagrams_loads_nothing_to_draw_them(alice: Visitor, site: LiveSite) -> None:
    loaded: list[str] = []
    alice.page.on("request", lambda request: loaded.append(request.url))
    chat = alice.open_chat(answered(site, CODE))
    expect(chat.last_answer.get_by_test_id("copy-code")).to_have_count(2)
    assert [url for url in loaded if "diagrams" in url] == []
