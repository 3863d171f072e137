"""Tavily, a search for programs: ``POST /search`` with JSON, and the key as a bearer token.

Source: https://docs.tavily.com/api-reference/endpoint/search (body, at most 20 results; answer) and
https://help.tavily.com/articles/8645538886-understanding-http-errors (401, 429, 432 and 433 when a plan is used up).
"""

import json
from typing import Final

from pydantic import BaseModel

from chat.tools.web.providers import found
from chat.tools.web.providers.found import Found, Text
from meatlizard.security.fetch import Fetcher, Request

ADDRESS: Final = "https://api.tavily.com"
MOST_RESULTS: Final = 20


class _Result(BaseModel):
    url: Text = ""
    title: Text = ""
    content: Text = ""
    published_date: Text = ""


class _Answer(BaseModel):
    results: list[_Result]


class Tavily:
    """``address`` is for tests."""

    name = "tavily"

    def __init__(self, key: str, fetcher: Fetcher, address: str = ADDRESS) -> None:
        self._key, self._fetcher, self._address = key, fetcher, address

    def search(self, query: str, most: int) -> list[Found]:
        body = {"query": query, "max_results": min(most, MOST_RESULTS), "search_depth": "basic"}
        headers = {
            "Accept": "application/json", "Content-Type": "application/json", "Authorization": f"Bearer {self._key}",
        }  # fmt: skip
        request = Request(f"{self._address}/search", headers=headers, body=json.dumps(body).encode())
        answer = found.read(_Answer, self._fetcher.ask(request))
        return [
            Found(found.plain(one.title, found.MOST_TITLE), one.url, found.plain(one.content, found.MOST_EXCERPT), one.published_date[:30])
            for one in answer.results
        ]  # fmt: skip
