"""SearXNG, a search engine of one's own that asks others: ``GET /search?format=json``.

Source: https://docs.searxng.org/dev/search_api (parameters; 403 where the operator of the instance has not switched JSON on) and
``searx/webutils.py`` of searxng/searxng (``get_json_response``: the fields of an answer).
"""

import logging
from typing import Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from pydantic import BaseModel

from chat.tools.web.providers import found
from chat.tools.web.providers.found import Found, Text
from meatlizard.security.fetch import Fetcher, Request, Unreachable

log = logging.getLogger(__name__)

_JSON: Final = {"Accept": "application/json"}


class _Result(BaseModel):
    url: Text = ""
    title: Text = ""
    content: Text = ""
    publishedDate: Text = ""  # noqa: N815  (theirs)


class _Answer(BaseModel):
    results: list[_Result]
    unresponsive_engines: list[list[str]] = []


class SearXNG:
    """``address``: where it stands, with its path; ``fetcher`` may reach the operator's own network, for this address alone."""

    name = "searxng"

    def __init__(self, address: str, fetcher: Fetcher) -> None:
        self._address, self._fetcher = address.rstrip("/"), fetcher

    def search(self, query: str, most: int) -> list[Found]:
        asked = urlencode({"q": query, "format": "json", "pageno": 1})
        try:
            fetched = self._fetcher.ask(Request(f"{self._address}/search?{asked}", headers=_JSON))
        except Unreachable as error:
            if error.answered == 403:
                log.error(
                    "web.searxng_without_json", extra={"remedy": "add json to search.formats in its settings.yml"}
                )
            raise
        answer = found.read(_Answer, fetched)
        if not answer.results and answer.unresponsive_engines:
            # It answers, and the engines behind it do not: that is no search without results.
            raise Unreachable(_("The search service found nobody to ask."))
        return [
            Found(found.plain(one.title, found.MOST_TITLE), one.url, found.plain(one.content, found.MOST_EXCERPT), one.publishedDate[:10])
            for one in answer.results[:most]
        ]  # fmt: skip
