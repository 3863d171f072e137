"""What a model says of a paste: on request, for whom may read it, and as text."""

import json
from uuid import UUID

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from chat.models import InferenceTask
from meatlizard.accounts.models import User
from paste.models import Paste
from tests.chat.makers import connected_node
from tests.paste.scene import body, make, signed_in, to

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


def said(task: str, text: str) -> None:
    """The machine has answered."""
    InferenceTask.objects.filter(pk=UUID(task)).update(state="done", result={"text": text}, ended_at=timezone.now())


def test_without_a_machine_nothing_is_offered_and_a_question_is_refused(alice: User) -> None:
    paste = make(alice)
    client = signed_in(alice)
    assert "data-ask" not in body(client.get(to("show", paste)))
    assert client.post(to("ask", paste), {"what": "explain"}).status_code == 503


def test_bob_has_a_paste_explained_and_alice_has_hers_described(alice: User, bob: User, olga: User) -> None:
    connected_node(olga)
    paste = make(alice)
    Paste.objects.update(title="")
    his, hers = signed_in(bob), signed_in(alice)
    page = body(his.get(to("show", paste)))
    assert 'data-ask="explain"' in page and 'data-ask="describe"' not in page
    asked = his.post(to("ask", paste), {"what": "explain"})
    assert asked.status_code == 202
    task = asked.json()["task"]
    assert "def hello" in str(InferenceTask.objects.get().input)
    where = reverse("paste:answer", args=[paste.slug, task])
    assert his.get(where).json()["state"] in ("waiting", "running")
    said(task, "It **greets** <script>alert(1)</script>")
    assert "<strong>greets</strong>" in his.get(where).json()["html"] and "<script" not in his.get(where).json()["html"]
    assert hers.get(where).status_code == 404, "it is Bob's question"
    assert his.post(to("ask", paste), {"what": "describe"}).status_code == 403
    assert his.post(to("ask", paste), {"what": "obey"}).status_code == 400
    task = hers.post(to("ask", paste), {"what": "describe"}).json()["task"]
    found = {
        "title": "A <b>greeting</b>",
        "summary": "Says <i>hi</i>.",
        "keywords": ["hello", "x" * 90],
        "language": "python",
    }
    said(task, json.dumps(found))
    assert hers.get(reverse("paste:answer", args=[paste.slug, task])).json()["state"] == "done"
    row = Paste.objects.get()
    assert (row.title, row.summary, row.keywords) == ("A <b>greeting</b>", "Says <i>hi</i>.", f"hello, {'x' * 30}")
    page = body(hers.get(to("show", paste)))
    assert "<b>greeting" not in page and "Says &lt;i&gt;hi" in page


def test_what_is_no_description_changes_nothing(alice: User, olga: User) -> None:
    connected_node(olga)
    paste = make(alice)
    client = signed_in(alice)
    for words in ("no JSON", "[1]"):
        task = client.post(to("ask", paste), {"what": "describe"}).json()["task"]
        said(task, words)
        assert client.get(reverse("paste:answer", args=[paste.slug, task])).status_code == 400
    assert Paste.objects.get().title == "A title"
