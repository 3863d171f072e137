"""What a folder of 10,000 files costs: ``python -m bench.files_listing [sqlite] [postgres]``.

In process, as a request passes all of the site's middleware: the first page of the list, a page in its middle, sorted by size, the grid, a search; the API's
pieces of 100 and of 1,000, and all 10,000 by pieces; the folder into the trash, out of it and deleted for good. Beside it a bare query that fetches the
10,000 rows in their order by the driver alone. Prints ``name value unit`` lines, medians, each by the clock; ``ratio`` is to the bare query.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from bench.relay import say
from tests.services.postgres import postgres_server
from tests.services.site import ROOT, LiveSite

FILES, ROUNDS = 10_000, 9


@contextlib.contextmanager
def prepared(database: str) -> Iterator[None]:
    """Django on a new database."""
    with contextlib.ExitStack() as life:
        url = life.enter_context(postgres_server()).create("site") if database == "postgres" else ""
        site = LiveSite(database_url=url).prepare()
        os.environ.update(site.settings | {"LOG_LEVEL": "ERROR"})
        import django

        django.setup()
        from django.conf import settings
        from django.db import connections

        settings.ALLOWED_HOSTS = ["testserver"]
        life.callback(connections.close_all)
        yield


def timed(act: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Milliseconds, the median of ``rounds`` after one that is not counted."""
    act()
    spent = []
    for _round in range(rounds):
        began = time.perf_counter()
        act()
        spent.append((time.perf_counter() - began) * 1e3)
    return median(spent)


def shelf() -> tuple[Any, Any, str]:
    """A person, their folder with the files, a key of theirs."""
    from files.models import Folder
    from meatlizard.accounts.models import User
    from meatlizard.api.actions import create_key
    from tests.files.library.shelf import many

    owner = User.objects.create_user(username="bench", password=None)
    folder = Folder.objects.create(owner=owner, name="Garden")
    many(owner, folder, FILES)
    return owner, folder, create_key(owner, "bench", ["files:read"])[1]


def bare(folder: Any) -> Callable[[], Any]:
    from django.db import connection

    from files.models import Folder

    key = Folder._meta.pk.get_db_prep_value(folder.pk, connection)

    def fetch() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, name, size, media_type, changed FROM files_file WHERE folder_id = %s AND trashed IS NULL ORDER BY LOWER(name), id", [key]
            )  # fmt: skip
            assert len(cursor.fetchall()) == FILES

    return fetch


def measure(database: str) -> None:
    with prepared(database):
        from django.core.cache import cache
        from django.test import Client

        owner, folder, secret = shelf()
        browser, program = Client(), Client(headers={"authorization": f"Bearer {secret}"})
        browser.force_login(owner)

        def get(client: Client, path: str) -> Callable[[], Any]:
            def act() -> Any:
                answer = client.get(path)
                assert answer.status_code == 200, answer.status_code
                return answer

            return act

        def whole() -> None:
            cache.clear()  # its rate is not what is measured
            seen, after = 0, ""
            while after is not None:
                piece = get(program, f"/api/v1/files?folder={folder.pk}&limit=1000&after={after}")().json()
                seen, after = seen + len(piece["items"]), piece["next"]
            assert seen == FILES

        place, listed = f"/files/folder/{folder.pk}/", f"/api/v1/files?folder={folder.pk}"
        least = timed(bare(folder))
        say(f"files_listing.{database}.bare", least, "ms")
        ways: dict[str, Callable[[], Any]] = {
            "page": get(browser, place), "page_50": get(browser, f"{place}?page=50"), "by_size": get(browser, f"{place}?sort=-size"),
            "grid": get(browser, f"{place}?view=grid"), "search": get(browser, "/files/?q=file+09"), "recent": get(browser, "/files/recent/"),
            "api_100": get(program, f"{listed}&limit=100"), "api_1000": get(program, f"{listed}&limit=1000"), "api_10000": whole,
        }  # fmt: skip
        for name, act in ways.items():
            spent = timed(act)
            say(f"files_listing.{database}.{name}", spent, "ms")
            say(f"files_listing.{database}.{name}.ratio", spent / least, "x")
        emptied(database, owner, folder)


def emptied(database: str, owner: Any, folder: Any) -> None:
    """Into the trash, out of it, in again, and gone; each once but the first two."""
    from files.library import deleting, trashing
    from files.library.selection import Selection
    from meatlizard.storage.actions import used_by

    chosen = Selection(owner, [folder], [])

    def there_and_back() -> None:
        began = time.perf_counter()
        trashing.trash(chosen)
        there.append((time.perf_counter() - began) * 1e3)
        trashing.restore(chosen)

    there: list[float] = []
    both = timed(there_and_back, 5)
    say(f"files_listing.{database}.trash", median(there), "ms")
    say(f"files_listing.{database}.restore", both - median(there), "ms")
    trashing.trash(chosen)
    began = time.perf_counter()
    assert deleting.delete(chosen) == FILES and used_by(owner) == 0
    say(f"files_listing.{database}.delete", (time.perf_counter() - began) * 1e3, "ms")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["sqlite", "postgres"]
    if len(wanted) == 1:
        measure(wanted[0])
    else:
        # Django is set up for one database in a process.
        for one in wanted:
            subprocess.run([sys.executable, "-m", "bench.files_listing", one], check=True, cwd=ROOT)
