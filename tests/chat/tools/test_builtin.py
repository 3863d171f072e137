"""The tools that come with the site, as a model calls them."""

import zoneinfo
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import actions
from chat.attachments import actions as attachments
from chat.models import Conversation, Message, PersonZone
from chat.tools.builtin.clock import current_time
from chat.tools.builtin.reading import PAGE, read_attachment
from chat.tools.registry import Call
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound

pytestmark = pytest.mark.django_db(transaction=True)


def of(user: User, talk: Conversation | None = None) -> Call:
    return Call(user, talk.pk if talk else uuid4(), uuid4(), uuid4(), "web")


@pytest.mark.parametrize(
    ("said", "zone"),
    [("Asia/Tokyo", "Asia/Tokyo"), ("asia/tokyo", "Asia/Tokyo"), ("tokyo", "Asia/Tokyo"), ("New York", "America/New_York"),
     ("UTC", "UTC"), ("", "UTC")],
)  # fmt: skip
async def test_the_time_anywhere(call: Call, said: str, zone: str) -> None:
    before = timezone.now().astimezone(zoneinfo.ZoneInfo(zone))
    found = await current_time.run(call, f'{{"zone": "{said}"}}')
    assert f"in {zone} (UTC{before:%z}"[:-2] in found.text and found.text.startswith(f"{before:%A}, {before.date()}")


async def test_the_time_where_the_person_is(alice: User) -> None:
    await PersonZone.objects.acreate(user=alice, zone="Asia/Kolkata")
    assert "in Asia/Kolkata (UTC+05:30)" in (await current_time.run(of(alice), "{}")).text
    await PersonZone.objects.aupdate(zone="Gone/Away")
    assert "in UTC (UTC+00:00)" in (await current_time.run(of(alice), "{}")).text


@pytest.mark.parametrize(
    ("said", "says"), [("Europe/Pariss", "Europe/Paris"), ("../../etc/passwd", "no time zone"), ("xyzzy", "like Europe/Paris")]
)  # fmt: skip
async def test_a_zone_that_is_none(call: Call, said: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        await current_time.run(call, f'{{"zone": "{said}"}}')


@pytest.fixture
def talk(alice: User, settings: Any, tmp_path: Path) -> Conversation:
    """Alice's, with two documents."""
    settings.MEDIA_ROOT = tmp_path
    talk = actions.create_conversation(alice)
    long = "".join(f"{number:07d}\n" for number in range(PAGE // 8 + 10))
    files = [attachments.take(alice, name, [text.encode()], len(text)) for name, text in
             [("report.txt", "Lizards bask."), ("long list.txt", long)]]  # fmt: skip
    actions.send(alice, talk.pk, uuid4(), "Read these.", files=[one.pk for one in files])
    return talk


async def test_documents_are_listed_and_read_page_by_page(alice: User, talk: Conversation) -> None:
    call = of(alice, talk)
    listed = (await read_attachment.run(call, "{}")).text
    assert "report.txt: document, 1 pages" in listed and "long list.txt: document, 2 pages" in listed
    found = await read_attachment.run(call, '{"name": "Report"}')
    assert found.text == "report.txt, page 1 of 1\n\nLizards bask."
    assert found.sources[0].title == "report.txt" and found.sources[0].address.endswith("/text/")
    first = (await read_attachment.run(call, '{"name": "long list.txt"}')).text
    second = (await read_attachment.run(call, '{"name": "long list.txt", "page": 2}')).text
    assert first.endswith(f"{PAGE // 8 - 1:07d}\n") and second.startswith(
        f"long list.txt, page 2 of 2\n\n{PAGE // 8:07d}\n"
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [('{"name": "none"}', "There are: "), ('{"name": "t"}', "There are: "), ('{"name": "report.txt", "page": 2}', "has 1 pages")],
)  # fmt: skip
async def test_what_cannot_be_read_is_said(alice: User, talk: Conversation, given: str, says: str) -> None:
    with pytest.raises((NotFound, Invalid), match=says):
        await read_attachment.run(of(alice, talk), given)


async def test_nobody_reads_what_is_somebody_elses(alice: User, charlie: User, talk: Conversation) -> None:
    assert (await read_attachment.run(of(charlie, talk), "{}")).text == "No files are attached to this conversation."
    with pytest.raises(NotFound, match="No files"):
        await read_attachment.run(of(charlie, talk), '{"name": "report.txt"}')
    other = await Conversation.objects.acreate(owner=alice, updated=timezone.now())
    with pytest.raises(NotFound):
        await read_attachment.run(of(alice, other), '{"name": "report.txt"}')


async def test_what_was_deleted_is_not_read(alice: User, talk: Conversation) -> None:
    await Message.objects.filter(conversation=talk).aupdate(removed=timezone.now())
    with pytest.raises(NotFound):
        await read_attachment.run(of(alice, talk), '{"name": "report.txt"}')
