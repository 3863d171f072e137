"""What a person sees and presses, in one place: the journeys speak of questions and answers, this of selectors."""

import re
from urllib.parse import urljoin

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.models.corpus import LONG_PAIRS
from tests.people import PASSWORD
from tests.services.programs import wait_until

ANSWER_SECONDS = 60
"""For a whole answer, in slow motion and on a busy machine, with a program restarted in between."""

STORIES = [pair for pair in LONG_PAIRS if not re.search(r"[`*|#_]|^\s*(\d+\.|-) ", pair.answer, re.MULTILINE)]
"""Long answers without markup: what is shown while they stream is the very text."""

ANSWERS = "#messages article[data-role=assistant]"

FINISHED = """([answers, count]) => {
    const all = document.querySelectorAll(answers);
    const last = all[all.length - 1];
    return all.length === count && last.dataset.state === 'done' && last.getAttribute('aria-busy') !== 'true';
}"""
"""In one look: between two, an answer may give way to the next."""

WATCH_GROWTH = """(answers) => {
    window.lengths = [];
    const note = () => {
        const body = [...document.querySelectorAll(answers + ' [data-part=body]')].at(-1);
        // Blank lines between paragraphs go when these are shown as such.
        const length = body ? body.textContent.replace(/\\s/g, '').length : 0;
        if (length !== window.lengths.at(-1)) window.lengths.push(length);
    };
    new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def words(text: str) -> list[str]:
    """What is left of a text when markup and white space are set aside."""
    return re.findall(r"\w+", text)


class Visitor:
    """A person at one device, at the site ``url``."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        # A refused script or style is a fault of ours; a lost connection is what some journeys are about.
        if "Content Security Policy" in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> "Visitor":
        self.page.goto(urljoin(self.url, path))
        return self

    def sign_up(self, name: str) -> "Visitor":
        self.go("/accounts/signup/")
        self._fill(username=name, email=f"{name}@example.org", password1=PASSWORD, password2=PASSWORD)
        return self._submit()

    def sign_in(self, name: str) -> "Visitor":
        self.go("/accounts/login/")
        self._fill(login=name, password=PASSWORD)
        return self._submit()

    def set_up(self, name: str) -> "Visitor":
        """The first visit to a new site, wherever it leads."""
        self.go("/")
        expect(self.page.get_by_role("heading", name="Set up this site")).to_be_visible()
        self._fill(username=name, email=f"{name}@example.org", password1=PASSWORD, password2=PASSWORD)
        return self._submit()

    def _fill(self, **values: str) -> None:
        for name, value in values.items():
            field = self.page.locator(f"main [name={name}]")
            if field.count():
                field.fill(value)

    def _submit(self) -> "Visitor":
        before = self.page.url
        self.page.locator("main form button[type=submit]").first.click()
        self.page.wait_for_url(lambda url: url != before)
        return self

    def open_chat(self, address: str = "/chat/") -> "Chat":
        """The chat at ``address``, connected. A new conversation is set to temperature 0, at which the tiny model knows its answers."""
        self.go(address)
        chat = Chat(self)
        chat.expect_connected()
        if address == "/chat/":
            chat.configure(temperature="0")
        return chat


class Chat:
    """The chat page of one visitor."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.composer = self.page.get_by_test_id("composer-text")
        self.answers = self.page.locator(ANSWERS)
        self.last_answer = self.answers.last
        self.current_row = self.page.get_by_test_id("conversation-row").filter(
            has=self.page.locator("a[aria-current=page]")
        )

    def expect_connected(self) -> None:
        expect(self.page.locator("#chat[data-connection=open]")).to_be_visible()

    def expect_status(self, state: str) -> None:
        """``live``, ``queued`` or ``offline``, as the composer says it."""
        said = {"live": "Live", "queued": "Busy", "offline": "Offline"}[state]
        expect(self.page.get_by_test_id("availability")).to_contain_text(said, timeout=30_000)

    def ask(self, text: str, offline: str = "") -> None:
        """Types ``text`` and presses Enter; ``offline``: which choice to take first, ``wait`` or ``markov``."""
        before = self.answers.count()
        if offline:
            self.page.get_by_test_id(f"offline-{offline}").check()
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(self.answers).to_have_count(before + 1)

    def shown(self) -> str:
        """The text of the last answer as it stands on the page."""
        return self.last_answer.get_by_test_id("message-body").inner_text()

    def expect_answer(self, answer: str, count: int = 1) -> None:
        """The last of ``count`` answers is over; on the page and as stored it is ``answer`` to the last character."""
        wait_until(
            lambda: self.page.evaluate(FINISHED, [ANSWERS, count]),
            f"{count} answers, the last one over",
            ANSWER_SECONDS,
        )
        assert words(self.shown()) == words(answer), f"shown: {self.shown()!r}"
        assert self.stored() == answer

    def last_id(self) -> str:
        return self.last_answer.get_attribute("data-message") or ""

    def stored(self) -> str:
        """The Markdown of the last answer, as Copy gets it."""
        response = self.page.request.get(urljoin(self.visitor.url, f"/chat/message/{self.last_id()}/source/"))
        assert response.ok, response.status
        return response.text()

    def wait_part(self, answer: str, length: int) -> str:
        """Waits until at least ``length`` characters of ``answer`` are shown, but not all; returns them."""
        shown = wait_until(
            lambda: text if len(text := self.shown()) >= length else "",
            f"{length} characters are shown",
            ANSWER_SECONDS,
        )
        assert answer.startswith(shown.strip()), f"not the beginning of the answer: {shown!r}"
        assert len(shown) < len(answer), "the answer was over already"
        return shown

    def watch_growth(self) -> None:
        self.page.evaluate(WATCH_GROWTH, ANSWERS)

    def parts_seen(self, answer: str) -> list[int]:
        """Lengths that the last answer has had since ``watch_growth``, without those of the whole."""
        lengths: list[int] = self.page.evaluate("window.lengths")
        return [length for length in lengths if 0 < length < len(answer) * 0.9]

    def stop(self) -> None:
        self.page.get_by_test_id("stop").click()

    def regenerate(self) -> None:
        self._answer_anew("regenerate")

    def answer_properly(self) -> None:
        self._answer_anew("answer-properly")

    def _answer_anew(self, button: str) -> None:
        """Presses ``button`` of the last answer and waits until another stands in its place."""
        before = self.last_id()
        self.last_answer.get_by_test_id(button).click()
        expect(self.last_answer).not_to_have_attribute("data-message", before)

    def row(self, title: str) -> Locator:
        return self.page.get_by_test_id("conversation-row").filter(has_text=title)

    def rename(self, title: str) -> None:
        self.current_row.hover()
        self.current_row.get_by_test_id("rename").click()
        field = self.page.get_by_test_id("conversation-row").get_by_label("Title", exact=True)
        field.fill(title)
        field.press("Enter")
        expect(self.current_row).to_contain_text(title)

    def delete(self) -> None:
        """Deletes the conversation that is open."""
        before = self.page.url
        self.current_row.hover()
        self.current_row.get_by_test_id("delete").click()
        self.page.wait_for_url(lambda url: url != before)

    def configure(self, model: str = "", system_prompt: str = "", temperature: str = "") -> None:
        self.page.get_by_test_id("model").select_option(model)
        self.page.get_by_test_id("settings-open").click()
        self.page.get_by_test_id("system-prompt").fill(system_prompt)
        self.page.get_by_test_id("temperature").fill(temperature)
        self.page.get_by_test_id("settings-save").click()
        expect(self.page.get_by_test_id("settings")).not_to_be_visible()

    def settings(self) -> dict[str, str | float]:
        return {
            "model": self.page.get_by_test_id("model").input_value(),
            "system_prompt": self.page.get_by_test_id("system-prompt").input_value(),
            "temperature": float(self.page.get_by_test_id("temperature").input_value()),
        }

    def show_list(self) -> None:
        """At phone width: opens the list of conversations."""
        self.page.get_by_test_id("sidebar-toggle").click()
