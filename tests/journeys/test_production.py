"""PostgreSQL, Redis and two site processes: Alice's browser is at one of them and the client at the other."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Sit, add_olga
from tests.journeys.pages import STORIES
from tests.models.corpus import PLAIN_PAIRS
from tests.services.client import LiveClient
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.services.site import LiveSite

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.usefixtures("at_full_speed"),
]

SHORT = PLAIN_PAIRS[6]


@pytest.fixture(scope="module")
def site(postgres: PostgresServer, redis: RedisServer) -> Iterator[LiveSite]:
    """The process that the client is connected to."""
    live = LiveSite(database_url=postgres.create("journeys"), redis_url=redis.url(3)).prepare()
    add_olga(live)
    live.start()
    yield live
    live.end()


@pytest.fixture(scope="module")
def front(site: LiveSite) -> Iterator[LiveSite]:
    """The process that browsers are connected to."""
    live = site.sibling().start()
    yield live
    live.end()


def test_the_answer_streams_from_one_process_to_the_other(sit: Sit, front: LiveSite, client: LiveClient) -> None:
    story = STORIES[0]
    chat = sit("alice", front.url).open_chat()
    chat.expect_status("live")
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 60)
    chat.visitor.page.reload()
    chat.wait_part(story.answer, 60)
    client.full_speed()
    chat.expect_answer(story.answer)
    expect(chat.current_row).to_contain_text(story.title)


def test_stop_reaches_the_client_through_the_other_process(sit: Sit, front: LiveSite, client: LiveClient) -> None:
    story = STORIES[1]
    chat = sit("alice", front.url).open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 60)
    chat.stop()
    expect(chat.last_answer).to_contain_text("Stopped")
    client.full_speed()
    chat.ask(SHORT.question)
    chat.expect_answer(SHORT.answer, count=2)


def test_the_client_is_killed_in_mid_answer_and_comes_back(sit: Sit, front: LiveSite, client: LiveClient) -> None:
    story = STORIES[-1]
    chat = sit("alice", front.url).open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 60)
    client.kill()
    client.start()
    chat.expect_answer(story.answer)


def test_the_clients_site_process_is_killed_in_mid_answer(
    sit: Sit, front: LiveSite, site: LiveSite, client: LiveClient
) -> None:
    story = STORIES[0]
    chat = sit("alice", front.url).open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 60)
    site.kill()
    site.start()
    client.full_speed()
    chat.expect_answer(story.answer)


def test_the_readers_site_process_is_killed_in_mid_answer(sit: Sit, front: LiveSite, client: LiveClient) -> None:
    story = STORIES[0]
    chat = sit("alice", front.url).open_chat()
    client.slow_motion()
    chat.ask(story.question)
    chat.wait_part(story.answer, 60)
    front.kill()
    front.start()
    client.full_speed()
    chat.expect_answer(story.answer)
