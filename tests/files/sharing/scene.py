"""Files of Alice's to be shared, and requests to their shares."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from django.urls import reverse

from files import actions as files
from files.models import File, Folder
from files.models.shares import Share
from files.previews import actions as previews
from files.sharing import actions, addresses
from files.sharing.terms import Terms
from meatlizard.accounts.models import User
from tests.files.asking import Asking
from tests.files.contents import adopted

DATA = b"Lizards bask on the south wall.\n" * 100


def a_file(owner: User, name: str = "notes.txt", data: bytes = DATA, folder: Folder | None = None) -> File:
    file = files.store(owner, folder, name, adopted(data))
    # Others get no picture before it was looked into, which a job does.
    previews.make(file.blob)
    return file


def a_folder(owner: User, name: str = "Holiday", parent: Folder | None = None) -> Folder:
    return Folder.objects.create(owner=owner, name=name, parent=parent)


def share(owner: User, *things: File | Folder, slug: str = "", **terms: Any) -> Share:
    chosen = [one for one in things if isinstance(one, File)]
    folders = [one for one in things if isinstance(one, Folder)]
    return actions.create(owner, chosen, folders, terms=Terms(**terms), slug=slug)


def to(name: str, row: Share, *more: object) -> str:
    return reverse(f"files-sharing:{name}", args=[row.slug, *more])


def content(row: Share, file: File, **asked: str) -> str:
    return addresses.content(row.slug, file.pk, file.name, **asked)


def begin(row: Share, file: File, client: Client | None = None) -> str:
    """Presses the button; where it leads."""
    answer = (client or Client()).post(to("get", row, file.pk))
    assert answer.status_code == 303, answer.content
    return str(answer["Location"])


@dataclass(frozen=True)
class Visitor:
    """With the cookies of ``browser`` at the doors ahead of Django, too."""

    browser: Client
    person: User | None = None

    def get(self, path: str, **headers: str) -> Any:
        asking = Asking(self.person)
        cookies = [asking.headers["cookie"]] if "cookie" in asking.headers else []
        cookies += [
            f"{name}={one.value}"
            for name, one in self.browser.cookies.items()
            if urlsplit(path).path.startswith(one["path"] or "/")
        ]
        if cookies:
            headers["cookie"] = "; ".join(cookies)
        return asking.ask(
            "GET",
            path,
            **{"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", **headers},
        )


def guest() -> Visitor:
    return Visitor(Client())


def visitor(person: User) -> Visitor:
    browser = Client()
    browser.force_login(person)
    return Visitor(browser, person)
