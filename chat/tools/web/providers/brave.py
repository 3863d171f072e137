"""Brave Search: ``GET /res/v1/web/search``, with the key in ``X-Subscription-Token``.

Source: https://api-dashboard.search.brave.com/api-reference/web/search/get (parameters; at most 400 characters and 50 words of query, 20
results) and https://api.search.brave.com/app/documentation/web-search/query (``text_decorations``, ``result_filter``).
"""

from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel

from chat.tools.web.providers import found
from chat.tools.web.providers.found import Found, Text
from meatlizard.security.fetch import Fetcher, Request

ADDRESS: Final = "https://api.search.brave.com"
MOST_CHARACTERS: Final = 400
MOST_WORDS: Final = 50
MOST_RESULTS: Final = 20


class _Result(BaseModel):
    url: Text = ""
    title: Text = ""
    description: Text = ""
    page_age: Text = ""


class _Web(BaseModel):
    results: list[_Result] = []


class _Answer(BaseModel):
    web: _Web | None = None


class Brave:
    """``address`` is for tests."""

    name = "brave"

    def __init__(self, key: str, fetcher: Fetcher, address: str = ADDRESS) -> None:
        self._key, self._fetcher, self._address = key, fetcher, address

    def search(self, query: str, most: int) -> list[Found]:
        words = " ".join(query.split()[:MOST_WORDS])[:MOST_CHARACTERS]
        asked = urlencode(
            {"q": words, "count": min(most, MOST_RESULTS), "text_decorations": "false", "result_filter": "web"}
        )
        headers = {"Accept": "application/json", "X-Subscription-Token": self._key}
        answer = found.read(
            _Answer, self._fetcher.ask(Request(f"{self._address}/res/v1/web/search?{asked}", headers=headers))
        )
        return [
            Found(found.plain(one.title, found.MOST_TITLE), one.url, found.plain(one.description, found.MOST_EXCERPT), one.page_age[:10])
            for one in (answer.web.results if answer.web else [])
        ]  # fmt: skip
